//! The orders, and how they are written behind a `!`.

use persona_core::Id;

use crate::config::{MAX_TOKENS_MAX, TEMPERATURE_MAX};

/// Something that the bot is told to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// How the bot is.
    Status,
    /// How often it joins in.
    SetRate(f64),
    /// How freely it draws.
    SetTemperature(f64),
    /// Its longest reply, in tokens.
    SetMaxLength(usize),
    /// Whether it only answers mentions and replies.
    MentionsOnly(bool),
    /// Where it speaks.
    Channels(ChannelOrder),
    /// What is known of whom.
    BotData,
    /// Remove a person everywhere.
    Forget(Id),
    /// Read what is new into the store.
    Fetch,
    /// Start the program anew.
    Restart,
    /// What can be ordered.
    Help,
    /// Do not learn from me.
    OptOut,
    /// Learn from me again.
    OptIn,
}

/// What `channels` is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelOrder {
    /// Show where the bot speaks.
    List,
    /// Speak in this channel, or in the one where the order is given.
    On(Option<Id>),
    /// Be silent there.
    Off(Option<Id>),
}

/// An order as people see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named {
    pub(super) name: &'static str,
    /// What stands behind the name.
    pub(super) form: &'static str,
    pub(super) about: &'static str,
    pub(super) for_admins: bool,
}

const fn admins(name: &'static str, form: &'static str, about: &'static str) -> Named {
    Named {
        name,
        form,
        about,
        for_admins: true,
    }
}

const fn everyone(name: &'static str, about: &'static str) -> Named {
    Named {
        name,
        form: "",
        about,
        for_admins: false,
    }
}

/// All orders, as help lists them.
pub(super) const NAMES: [Named; 13] = [
    admins("status", "", "How the bot is, and what is set here"),
    admins("setrate", "5%", "How often it joins in without being asked"),
    admins("settemp", "0.7", "How freely it draws its words"),
    admins("setmaxlen", "120", "Its longest reply, in tokens"),
    admins(
        "mentions-only",
        "on|off",
        "Whether it only answers mentions and replies",
    ),
    admins("channels", "[on|off [#channel]]", "Where it speaks"),
    everyone(
        "botdata",
        "Who trains the bot, from which channels, and what it holds of you",
    ),
    admins("forget", "@member", "Remove a person everywhere, for good"),
    admins("fetch", "", "Read what is new into the store"),
    admins("restart", "", "Start the program anew"),
    everyone("help", "What can be ordered"),
    everyone("optout", "Do not learn from what I write"),
    everyone("optin", "Learn from what I write again"),
];

impl Order {
    /// Whether only admins may give it.
    pub(super) fn is_for_admins(&self) -> bool {
        !matches!(
            self,
            Self::BotData | Self::Help | Self::OptOut | Self::OptIn
        )
    }

    /// Reads an order from the text behind the `!`. The error says what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let name = words.next().unwrap_or_default();
        let rest: Vec<&str> = words.collect();
        let first = rest.first().copied().unwrap_or_default();
        let order = match name {
            "status" => Self::Status,
            "setrate" => Self::SetRate(rate(first)?),
            "settemp" => Self::SetTemperature(temperature(first)?),
            "setmaxlen" => Self::SetMaxLength(max_length(first)?),
            "mentions-only" => Self::MentionsOnly(switch(first)?),
            "channels" => Self::Channels(channels(&rest)?),
            "botdata" => Self::BotData,
            "forget" => Self::Forget(
                id(first)
                    .ok_or_else(|| expected("a member: `!forget @name` or an account id", first))?,
            ),
            "fetch" => Self::Fetch,
            "restart" => Self::Restart,
            "help" => Self::Help,
            "optout" => Self::OptOut,
            "optin" => Self::OptIn,
            other => return Err(format!("there is no order `{other}`; `!help` lists them")),
        };
        Ok(order)
    }
}

/// A share: `5%`, `5 %` or `0.05`.
fn rate(text: &str) -> Result<f64, String> {
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse().map(|percent: f64| percent / 100.0),
        None => text.parse(),
    };
    check_rate(share.map_err(|_| expected("a share such as `5%` or `0.05`", text))?)
}

pub(super) fn check_rate(share: f64) -> Result<f64, String> {
    if (0.0..=1.0).contains(&share) {
        return Ok(share);
    }
    Err(expected(
        "a share between 0% and 100%",
        &format!("{}%", share * 100.0),
    ))
}

fn temperature(text: &str) -> Result<f64, String> {
    let value = text
        .parse()
        .map_err(|_| expected("a number such as `0.7`", text))?;
    check_temperature(value)
}

pub(super) fn check_temperature(value: f64) -> Result<f64, String> {
    if (0.0..=TEMPERATURE_MAX).contains(&value) {
        return Ok(value);
    }
    Err(expected(
        "a temperature between 0 and 5",
        &value.to_string(),
    ))
}

fn max_length(text: &str) -> Result<usize, String> {
    let value = text
        .parse()
        .map_err(|_| expected("a number of tokens such as `120`", text))?;
    check_max_length(value)
}

pub(super) fn check_max_length(tokens: usize) -> Result<usize, String> {
    if (1..=MAX_TOKENS_MAX).contains(&tokens) {
        return Ok(tokens);
    }
    Err(expected("between 1 and 4000 tokens", &tokens.to_string()))
}

fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" | "true" | "yes" => Ok(true),
        "off" | "false" | "no" => Ok(false),
        _ => Err(expected("`on` or `off`", text)),
    }
}

fn channels(words: &[&str]) -> Result<ChannelOrder, String> {
    let channel = || match words.get(1) {
        None => Ok(None),
        Some(text) => id(text)
            .map(Some)
            .ok_or_else(|| expected("a channel such as `#general`", text)),
    };
    match words.first().copied() {
        None | Some("list") => Ok(ChannelOrder::List),
        Some("on") => Ok(ChannelOrder::On(channel()?)),
        Some("off") => Ok(ChannelOrder::Off(channel()?)),
        Some(other) => Err(expected("`on` or `off`, or nothing for a list", other)),
    }
}

/// An id, bare or in a mention.
pub(super) fn id(text: &str) -> Option<Id> {
    let digits = text
        .trim_start_matches(['<', '@', '!', '#', '&'])
        .trim_end_matches('>');
    digits.parse().ok().filter(|id| *id > 0 && *id < 1 << 63)
}

fn expected(what: &str, found: &str) -> String {
    if found.is_empty() {
        format!("expected {what}")
    } else {
        format!("expected {what}, found `{}`", found.replace('`', "'"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_as_people_write_them() {
        for (text, order) in [
            ("status", Order::Status),
            ("setrate 5%", Order::SetRate(0.05)),
            ("setrate 0.25", Order::SetRate(0.25)),
            ("settemp 0", Order::SetTemperature(0.0)),
            ("setmaxlen  40", Order::SetMaxLength(40)),
            ("mentions-only on", Order::MentionsOnly(true)),
            ("channels", Order::Channels(ChannelOrder::List)),
            ("channels off", Order::Channels(ChannelOrder::Off(None))),
            (
                "channels on <#7>",
                Order::Channels(ChannelOrder::On(Some(7))),
            ),
            ("forget <@!12>", Order::Forget(12)),
            ("forget 12", Order::Forget(12)),
        ] {
            assert_eq!(Order::parse(text), Ok(order), "{text}");
        }
    }

    #[test]
    fn a_wrong_value_says_what_was_expected() {
        for (text, problem) in [
            (
                "setrate often",
                "expected a share such as `5%` or `0.05`, found `often`",
            ),
            (
                "setrate 500%",
                "expected a share between 0% and 100%, found `500%`",
            ),
            (
                "settemp nan",
                "expected a temperature between 0 and 5, found `NaN`",
            ),
            (
                "setmaxlen 0",
                "expected between 1 and 4000 tokens, found `0`",
            ),
            ("mentions-only", "expected `on` or `off`"),
            (
                "channels off general",
                "expected a channel such as `#general`, found `general`",
            ),
            (
                "forget 0",
                "expected a member: `!forget @name` or an account id, found `0`",
            ),
            ("dance", "there is no order `dance`; `!help` lists them"),
        ] {
            assert_eq!(Order::parse(text), Err(problem.to_owned()), "{text}");
        }
    }

    #[test]
    fn every_order_in_the_list_is_known() {
        for named in NAMES {
            let value = match named.name {
                "setrate" | "settemp" => "0.5",
                "setmaxlen" | "forget" => "9",
                "mentions-only" => "on",
                _ => "",
            };
            let order = Order::parse(&format!("{} {value}", named.name)).unwrap();
            assert_eq!(order.is_for_admins(), named.for_admins, "{}", named.name);
        }
    }
}
