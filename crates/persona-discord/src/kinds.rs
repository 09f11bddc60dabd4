//! Names and numbers of Discord's kinds of messages and channels.

use persona_core::{ChannelKind, MessageKind};

/// Kind of a message from its name or number; without one, as in the oldest exports, an ordinary message.
pub fn message(code: Option<&str>) -> MessageKind {
    match code {
        None | Some("Default" | "0" | "") => MessageKind::Default,
        Some("Reply" | "19") => MessageKind::Reply,
        Some("20" | "23" | "ChatInputCommand" | "ApplicationCommand" | "ContextMenuCommand") => {
            MessageKind::Command
        }
        Some(_) => MessageKind::System,
    }
}

/// Kind of a channel from its name (of any exporter, or of the data package) or number.
pub fn channel(code: Option<&str>) -> ChannelKind {
    let Some(code) = code else {
        return ChannelKind::Text;
    };
    match code {
        "0" => return ChannelKind::Text,
        "1" | "3" => return ChannelKind::Direct,
        "2" | "13" => return ChannelKind::Voice,
        "5" => return ChannelKind::News,
        "10" | "11" | "12" => return ChannelKind::Thread,
        "15" | "16" => return ChannelKind::Forum,
        _ => {}
    }
    let name = code.to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if has(&["directory", "category"]) {
        ChannelKind::Other
    } else if has(&["thread"]) {
        ChannelKind::Thread
    } else if has(&["news", "announcement"]) {
        ChannelKind::News
    } else if has(&["forum", "media"]) {
        ChannelKind::Forum
    } else if has(&["voice", "stage"]) {
        ChannelKind::Voice
    } else if has(&["direct", "dm"]) {
        ChannelKind::Direct
    } else if has(&["text"]) {
        ChannelKind::Text
    } else {
        ChannelKind::Other
    }
}

#[cfg(test)]
mod tests {
    use persona_core::{ChannelKind, MessageKind};

    use super::{channel, message};

    #[test]
    fn messages() {
        for (code, kind) in [
            (None, MessageKind::Default),
            (Some("Default"), MessageKind::Default),
            (Some("Reply"), MessageKind::Reply),
            (Some("19"), MessageKind::Reply),
            (Some("20"), MessageKind::Command),
            (Some("21"), MessageKind::System),
            (Some("GuildMemberJoin"), MessageKind::System),
            (Some("8"), MessageKind::System),
            (Some("46"), MessageKind::System),
        ] {
            assert_eq!(message(code), kind, "{code:?}");
        }
    }

    #[test]
    fn channels() {
        for (code, kind) in [
            ("GuildTextChat", ChannelKind::Text),
            ("DirectTextChat", ChannelKind::Direct),
            ("DirectGroupTextChat", ChannelKind::Direct),
            ("GuildVoiceChat", ChannelKind::Voice),
            ("GuildStageVoice", ChannelKind::Voice),
            ("GuildNews", ChannelKind::News),
            ("GuildNewsThread", ChannelKind::Thread),
            ("GuildPrivateThread", ChannelKind::Thread),
            ("GuildForum", ChannelKind::Forum),
            ("GuildDirectory", ChannelKind::Other),
            ("GuildCategory", ChannelKind::Other),
            ("16", ChannelKind::Forum),
            ("GROUP_DM", ChannelKind::Direct),
            ("PUBLIC_THREAD", ChannelKind::Thread),
            ("GUILD_ANNOUNCEMENT", ChannelKind::News),
            ("GUILD_TEXT", ChannelKind::Text),
        ] {
            assert_eq!(channel(Some(code)), kind, "{code}");
        }
        assert_eq!(channel(None), ChannelKind::Text);
    }
}
