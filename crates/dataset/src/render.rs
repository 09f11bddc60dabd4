//! Statistics as a table for the terminal.

use std::fmt::Write;

use persona_conversation::DropRule;
use persona_core::{PairRule, Split, table::fitting};

use crate::{
    balance::Bound,
    feedback::Judged,
    statistics::{AuthorStatistics, Percentiles, Statistics},
};

/// Largest number of authors with a line of their own.
const AUTHORS_MAX: usize = 15;
/// Largest number of emoji that are shown.
const EMOJI_MAX: usize = 12;

/// Name of a rule, as in files.
pub(crate) fn rule_name(rule: PairRule) -> &'static str {
    match rule {
        PairRule::SameContext => "same-context",
        PairRule::SameConversation => "same-conversation",
        PairRule::Generated => "generated",
        PairRule::Feedback => "feedback",
    }
}

/// Statistics as aligned text, about eighty columns wide, without colour.
pub fn render_table(statistics: &Statistics) -> String {
    let sections = [
        messages(statistics),
        splits(statistics),
        authors(statistics),
        lengths(statistics),
        pairs(statistics),
    ];
    sections.join("\n")
}

fn messages(statistics: &Statistics) -> String {
    let mut rows = vec![vec![
        "messages".to_owned(),
        statistics.messages.to_string(),
        String::new(),
    ]];
    for rule in DropRule::ALL {
        if let Some(count) = statistics.dropped.get(&rule) {
            let share = percent(*count as f64 / statistics.messages.max(1) as f64);
            rows.push(vec![
                format!("  - {}", rule.label()),
                count.to_string(),
                share,
            ]);
        }
    }
    let share = percent(statistics.kept as f64 / statistics.messages.max(1) as f64);
    rows.push(vec!["kept".to_owned(), statistics.kept.to_string(), share]);
    for (label, count) in [
        ("conversations", statistics.conversations_found),
        (
            "  without a target",
            statistics.conversations_without_targets,
        ),
        ("replies in the conversation", statistics.replies.inside),
        ("  to an earlier one, quoted", statistics.replies.quoted),
        ("  to something unknown", statistics.replies.unknown),
    ] {
        rows.push(vec![label.to_owned(), count.to_string(), String::new()]);
    }
    fitting(&rows)
}

fn splits(statistics: &Statistics) -> String {
    let mut rows = vec![header(&[
        "split",
        "conversations",
        "turns",
        "targets",
        "authors",
    ])];
    for (split, counts) in &statistics.splits {
        let counts = [
            counts.conversations,
            counts.turns,
            counts.targets,
            counts.authors,
        ];
        let numbers = counts.iter().map(u64::to_string);
        rows.push(
            std::iter::once(split.name().to_owned())
                .chain(numbers)
                .collect(),
        );
    }
    fitting(&rows)
}

fn authors(statistics: &Statistics) -> String {
    let mut rows = vec![header(&[
        "author",
        "name",
        "targets",
        "raw",
        "wanted",
        "realised",
        "copies",
        "reactions",
        "length",
        "",
    ])];
    let (shown, rest) = statistics
        .authors
        .split_at(statistics.authors.len().min(AUTHORS_MAX));
    rows.extend(shown.iter().map(author_row));
    if !rest.is_empty() {
        let sum = |value: fn(&AuthorStatistics) -> f64| rest.iter().map(value).sum::<f64>();
        let count =
            |value: fn(&AuthorStatistics) -> u64| rest.iter().map(value).sum::<u64>().to_string();
        rows.push(vec![
            format!("{} more", rest.len()),
            String::new(),
            count(|author| author.targets),
            percent(sum(|author| author.raw_share)),
            percent(sum(|author| author.target_share)),
            percent(sum(|author| author.realised_share)),
            count(|author| author.copies),
            count(|author| author.reactions),
            String::new(),
            String::new(),
        ]);
    }
    let balance = &statistics.balance;
    let mut text = fitting(&rows);
    let cap = if balance.cap_holds {
        format!("cap {}", percent(balance.cap))
    } else {
        format!(
            "cap {} instead of {}: too few authors with enough messages",
            percent(balance.cap),
            percent(balance.cap_wanted)
        )
    };
    writeln!(
        text,
        "{} training targets, {} examples per epoch\n{cap}; {} authors at the cap, {} at the most copies",
        balance.targets, balance.epoch, balance.at_cap, balance.at_max_copies
    )
    .expect("writing to a string does not fail");
    text
}

fn author_row(author: &AuthorStatistics) -> Vec<String> {
    let bound = match author.bound {
        Some(Bound::Cap) => "at the cap",
        Some(Bound::MaxCopies) => "most copies",
        None => "",
    };
    vec![
        author.pseudonym.clone(),
        shortened(&author.name, 20),
        author.targets.to_string(),
        percent(author.raw_share),
        percent(author.target_share),
        percent(author.realised_share),
        author.copies.to_string(),
        author.reactions.to_string(),
        author.tokens.p50.to_string(),
        bound.to_owned(),
    ]
}

fn lengths(statistics: &Statistics) -> String {
    let row = |label: &str, of: &Percentiles| {
        let numbers =
            [of.p5, of.p25, of.p50, of.p75, of.p95, of.max].map(|number| number.to_string());
        std::iter::once(label.to_owned()).chain(numbers).collect()
    };
    let mut text = fitting(&[
        header(&[
            "words and marks",
            "5 %",
            "25 %",
            "50 %",
            "75 %",
            "95 %",
            "most",
        ]),
        row("target", &statistics.target_tokens),
        row("context", &statistics.context_tokens),
    ]);
    let contexts: Vec<String> = statistics
        .context_turns
        .iter()
        .enumerate()
        .filter(|&(_, &count)| count > 0)
        .map(|(turns, count)| format!("{turns}: {count}"))
        .collect();
    writeln!(text, "targets by turns of context: {}", contexts.join(", "))
        .expect("writing to a string does not fail");
    text
}

fn pairs(statistics: &Statistics) -> String {
    let mut rules = vec![PairRule::SameContext, PairRule::SameConversation];
    if !statistics.feedback.is_empty() {
        rules.push(PairRule::Feedback);
    }
    let mut rows = vec![header(&["pairs", "all", "train", "validation", "test"])];
    for rule in rules {
        let in_split = |split| {
            let count = statistics
                .pairs
                .get(&split)
                .and_then(|rules| rules.get(&rule));
            count.copied().unwrap_or(0).to_string()
        };
        let mut row = vec![
            rule_name(rule).to_owned(),
            statistics.pairs_by(rule).to_string(),
        ];
        row.extend(Split::ALL.map(in_split));
        rows.push(row);
    }
    let mut text = fitting(&rows);
    text.push_str(&feedback(&statistics.feedback));
    let liked = &statistics.liked;
    let emoji: Vec<String> = statistics
        .reactions
        .iter()
        .take(EMOJI_MAX)
        .map(|emoji| {
            format!(
                "{}{} {}",
                if emoji.positive { "+" } else { "" },
                emoji.emoji,
                emoji.count
            )
        })
        .collect();
    write!(
        text,
        "{} liked replies: {} too short, {} without a counterpart, {} more than wanted\n\
         reactions (+ counts as praise): {}\n",
        liked.replies,
        liked.too_short,
        liked.without_rejected,
        liked.over_count,
        if emoji.is_empty() {
            "none".to_owned()
        } else {
            emoji.join(", ")
        }
    )
    .expect("writing to a string does not fail");
    text
}

fn feedback(judged: &Judged) -> String {
    if judged.is_empty() {
        return String::new();
    }
    format!(
        "{} judged replies of the bot: {} liked, {} disliked, {} undecided, {} from elsewhere, {} of people who opted out, \
         {} in another form of conversations, {} too short, {} without a counterpart\n",
        judged.replies,
        judged.liked,
        judged.disliked,
        judged.undecided,
        judged.elsewhere,
        judged.opted_out,
        judged.other_form,
        judged.too_short,
        judged.alone
    )
}

fn header(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn shortened(name: &str, length: usize) -> String {
    if name.chars().count() <= length {
        return name.to_owned();
    }
    name.chars().take(length - 1).chain(['…']).collect()
}
