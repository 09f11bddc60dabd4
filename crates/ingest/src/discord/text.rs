//! Reports as lines for the terminal.

use std::fmt::Write;

use persona_core::{ChannelKind, Id};

use super::report::{ChannelReport, ChannelState, Report};

/// Largest number of channels that are named in a line.
const NAMED: usize = 8;

impl Report {
    /// List of channels with their flags `allowed`, threads below their channels.
    pub fn listing(&self) -> String {
        let mut text = String::new();
        let mut line = |channel: &ChannelReport, indent: &str| {
            let flag = if channel.allowed { "allowed" } else { "denied" };
            let remark = channel.remark.as_deref().unwrap_or_default();
            let name = format!("{indent}{}", channel.label());
            let line = format!("{flag:8} {name:40} {:20} {remark}", channel.id);
            let _ = writeln!(text, "{}", line.trim_end());
        };
        let is_thread = |channel: &&ChannelReport| channel.kind == ChannelKind::Thread;
        for channel in self.channels.iter().filter(|channel| !is_thread(channel)) {
            line(channel, "");
            let own = self.channels.iter().filter(is_thread);
            for thread in own.filter(|thread| thread.parent == Some(channel.id)) {
                line(thread, "  ");
            }
        }
        let known = |id: Option<Id>| self.channels.iter().any(|channel| Some(channel.id) == id);
        let homeless = self.channels.iter().filter(is_thread);
        for thread in homeless.filter(|thread| !known(thread.parent)) {
            line(thread, "");
        }
        text
    }

    /// Preview: what a fetch would read.
    pub fn outlook(&self) -> String {
        let mut text = String::new();
        for (state, what) in [
            (ChannelState::Unfinished, "would be read"),
            (ChannelState::UpToDate, "nothing new"),
            (ChannelState::Denied, "denied"),
            (ChannelState::Forbidden, "not for the bot"),
        ] {
            let _ = write!(text, "{}", group(self, state, what));
        }
        text
    }

    /// Summary of what was read and what was not.
    pub fn text(&self) -> String {
        let totals = &self.totals;
        let server = self.guild.as_ref().map_or("", |guild| &guild.name);
        let mut text = format!(
            "`{server}`: {} messages read, {} new, {} changed, {} deleted\n",
            totals.messages, totals.new, totals.updated, self.deleted
        );
        if totals.odd > 0 {
            let _ = writeln!(
                text,
                "{} messages could not be understood and are kept aside",
                totals.odd
            );
        }
        for (state, what) in [
            (ChannelState::Unfinished, "not read to the end"),
            (ChannelState::Denied, "denied"),
            (ChannelState::Forbidden, "not for the bot"),
            (ChannelState::Gone, "gone"),
        ] {
            let _ = write!(text, "{}", group(self, state, what));
        }
        let remarks = self.channels.iter().filter(|channel| {
            matches!(channel.state, ChannelState::Read | ChannelState::UpToDate)
                && channel.remark.is_some()
        });
        for channel in remarks {
            let remark = channel.remark.as_deref().unwrap_or_default();
            let _ = writeln!(text, "{}: {remark}", channel.label());
        }
        text
    }
}

/// Line such as `3 channels denied: …`; empty if no channel has this state.
fn group(report: &Report, state: ChannelState, what: &str) -> String {
    let labels: Vec<String> = report.in_state(state).map(ChannelReport::label).collect();
    if labels.is_empty() {
        return String::new();
    }
    let more = match labels.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = labels[..labels.len().min(NAMED)].join(", ");
    let noun = if labels.len() == 1 {
        "channel"
    } else {
        "channels"
    };
    format!("{} {noun} {what}: {shown}{more}\n", labels.len())
}
