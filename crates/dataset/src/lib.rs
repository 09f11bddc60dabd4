//! From the store to conversations, preference pairs and statistics.
//!
//! Messages are filtered, joined to turns and split into conversations. Conversations fall into training, validation
//! and test. Training targets are balanced between authors, and reactions give preference pairs. The result depends on
//! the store's content, the configuration and the seed alone.
//!
//! | file | holds |
//! |---|---|
//! | `conversations.jsonl` | a [`persona_core::Conversation`] a line: what training and evaluation read |
//! | `conversations.parquet` | a row per turn: `conversation`, `channel`, `split`, `position`, `message_ids` (list of u64), `author`, `text`, `timestamp_ms`, `reply_to`, `is_target`, `quoted`, `copies`, `reactions` |
//! | `pairs.jsonl` | a [`persona_core::PreferencePair`] a line, in the form TRL reads |
//! | `pairs.parquet` | a row per pair: `prompt_roles` and `prompt` (lists of equal length), `chosen`, `rejected`, `split`, `rule`, `reactions`, `chosen_id`, `rejected_id` |
//! | `sft-train.jsonl`, `sft-validation.jsonl`, `sft-test.jsonl` | `{"messages", "author", "message_id", "copies"}` a target, for other trainers; a training row stands `copies` times |
//! | `statistics.json` | [`Statistics`] |
//!
//! Where the bot was judged, pairs of rule `feedback` follow the others: a liked reply of the bot against a disliked
//! one to the same prompt, or else of like length from the same channel; a remaining disliked reply against a person's
//! real reply to the same message. Their splits follow from the conversations that the bot took part in.
//!
//! A quoted turn may come from a conversation of another split. It is context only and never learnt.
//!
//! Invariant: no type of polars is part of the public interface.

mod balance;
mod build;
mod config;
mod conversations;
mod epoch;
mod error;
mod feedback;
mod few;
mod pairs;
mod parquet;
mod persona;
mod render;
mod resample;
mod split;
mod statistics;
mod tokens;
mod write;

use persona_core::{ConversationForm, PreferencePair, Progress, Split, Unit, atomic, layout};
use persona_store::Store;
use serde::Serialize;

pub use balance::Bound;
pub use config::{Balance, Config, Inputs, Pairs};
pub use error::Error;
pub use feedback::Judged;
pub use pairs::Liked;
pub use persona_conversation::{DropRule, Replies};
pub use render::render_table;
pub use statistics::{
    AuthorStatistics, BalanceStatistics, EmojiStatistics, Percentiles, SplitStatistics, Statistics,
};

use conversations::BuiltConversation;

/// Smallest number of conversations from which the warning about a slow server is meaningful.
const SLOW_CONVERSATIONS_MIN: u64 = 20;

/// Report of the stage.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Messages read.
    pub messages: u64,
    /// Messages kept.
    pub kept: u64,
    /// Conversations written.
    pub conversations: u64,
    /// Training targets.
    pub train_targets: u64,
    /// Validation targets.
    pub validation_targets: u64,
    /// Test targets.
    pub test_targets: u64,
    /// Authors of targets.
    pub authors: u64,
    /// Draws per epoch.
    pub epoch: u64,
    /// Cap in force: largest share of an epoch that one author may have.
    pub author_cap: f64,
    /// Preference pairs.
    pub pairs: u64,
    /// Names of the written files, relative to the folder.
    pub outputs: Vec<String>,
    /// Full statistics, as in `statistics.json`.
    #[serde(skip)]
    pub statistics: Statistics,
}

/// Builds the dataset. Files are written only when everything is built.
pub fn run(config: &Config, inputs: &Inputs, progress: &dyn Progress) -> Result<Report, Error> {
    config.check()?;
    inputs.form.check()?;
    let form = &inputs.form;
    let store = Store::open_read_only(&inputs.store)?;
    let mut statistics = Statistics {
        seed: inputs.seed,
        ..Statistics::default()
    };
    let source = build::StoreReader::open(&store, config, inputs)?;
    let mut built = source.conversations(inputs.seed, &mut statistics, progress)?;
    if built.is_empty() {
        return Err(Error::NothingToLearn {
            summary: statistics.summary(),
        });
    }
    if let Some(count) = inputs.conversations {
        built = few::choose(built, count, config, form, inputs.seed)?;
    }
    let (authors, plan) = epoch::assign_copies(&mut built, config, inputs.seed);
    statistics.count_conversations(&built, form.context_turns);
    if authors.is_empty() {
        return Err(Error::NothingToTrain {
            targets: statistics.targets(),
        });
    }
    let wanted = config.balance.cap;
    statistics.count_authors(&built, &source.people, &authors, &plan, wanted);
    let pairs = pairs::find(&built, config, form, inputs.seed, &mut statistics.liked);
    statistics.pairs = pairs::counted(&pairs, &built);
    let matcher = feedback::Matcher {
        config,
        form,
        seed: inputs.seed,
        built: &built,
        oldest: source.oldest,
    };
    let judged = matcher.pairs(&store, &mut statistics.feedback)?;
    statistics.count_pairs(&judged);
    // Of a few conversations that were chosen for a trial there is nothing to warn of.
    if inputs.conversations.is_none() {
        warn(config, form, &statistics, authors.len(), progress);
    }
    let records = || {
        let reacted = pairs.iter().map(|pair| pairs::record(pair, &built, form));
        reacted.chain(judged.iter().cloned())
    };
    let outputs = write_all(inputs, &built, &records, &statistics, progress)?;
    Ok(report(statistics, outputs))
}

/// Warnings about the dataset for whoever trains on it.
fn warn(
    config: &Config,
    form: &ConversationForm,
    statistics: &Statistics,
    authors: usize,
    progress: &dyn Progress,
) {
    let balance = &statistics.balance;
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    if !balance.cap_holds && config.persona.is_empty() {
        progress.warn(&format!(
            "{authors} authors in the training split are too few, or too few of them have enough messages, to keep everybody \
             at {} of it: the cap is {} instead",
            percent(balance.cap_wanted),
            percent(balance.cap)
        ));
    } else if balance.epoch < balance.targets {
        progress.info(&format!(
            "an epoch has {} examples for {} training targets, so that nobody has more than {} of it",
            balance.epoch,
            balance.targets,
            percent(balance.cap)
        ));
    }
    warn_if_slow(config, form, statistics, progress);
    for split in [Split::Validation, Split::Test] {
        if statistics
            .splits
            .get(&split)
            .is_none_or(|counts| counts.targets == 0)
        {
            progress.warn(&format!(
                "the {} split is empty: {} conversations are too few to share out",
                split.name(),
                statistics
                    .splits
                    .values()
                    .map(|counts| counts.conversations)
                    .sum::<u64>()
            ));
        }
    }
    let pairs = statistics.pair_count();
    if statistics.liked.replies == 0 && pairs == 0 {
        progress.warn("no reply has a positive reaction: there are no pairs, and DPO has nothing to learn from");
    } else if pairs == 0 {
        progress.warn(&format!(
            "{} replies have positive reactions, but none has a counterpart: there are no pairs, and DPO has nothing to learn from",
            statistics.liked.replies
        ));
    } else if pairs < config.pairs.count_warn as u64 {
        progress.warn(&format!(
            "only {pairs} preference pairs, {} or more are advisable: DPO will learn little",
            config.pairs.count_warn
        ));
    }
}

/// Warns about a slow server, where a short silence separates questions from their answers.
fn warn_if_slow(
    config: &Config,
    form: &ConversationForm,
    statistics: &Statistics,
    progress: &dyn Progress,
) {
    let (found, alone) = (
        statistics.conversations_found,
        statistics.conversations_without_targets,
    );
    if config.persona.is_empty() && found >= SLOW_CONVERSATIONS_MIN && alone * 2 > found {
        progress.warn(&format!(
            "in {alone} of {found} conversations nobody answers within {} minutes: on a slow server a larger \
             `silence_minutes` in [conversation] gives more to learn from",
            form.silence_minutes
        ));
    }
}

fn write_all<P: Iterator<Item = PreferencePair>>(
    inputs: &Inputs,
    built: &[BuiltConversation],
    records: &dyn Fn() -> P,
    statistics: &Statistics,
    progress: &dyn Progress,
) -> Result<Vec<String>, Error> {
    let out = &inputs.out;
    let conversations = || built.iter().map(|one| &one.conversation);
    let mut outputs = Vec::new();
    let task = progress.task("writing the dataset", Some(8), Unit::Things("files"));
    let mut done = |name: &str| {
        outputs.push(name.to_owned());
        task.advance(1);
    };
    write::conversations(out, conversations())?;
    done(layout::dataset::CONVERSATIONS);
    parquet::conversations(out, conversations())?;
    done(layout::dataset::CONVERSATIONS_PARQUET);
    write::pairs(out, records())?;
    done(layout::dataset::PAIRS);
    parquet::pairs(out, records())?;
    done(layout::dataset::PAIRS_PARQUET);
    for split in Split::ALL {
        write::flattened(out, conversations(), split, &inputs.form)?;
        done(&write::flattened_name(split));
    }
    atomic::write_json(&out.join(layout::dataset::STATISTICS), statistics)?;
    done(layout::dataset::STATISTICS);
    Ok(outputs)
}

fn report(statistics: Statistics, outputs: Vec<String>) -> Report {
    let targets = |split| {
        statistics
            .splits
            .get(&split)
            .map_or(0, |counts| counts.targets)
    };
    Report {
        messages: statistics.messages,
        kept: statistics.kept,
        conversations: statistics
            .splits
            .values()
            .map(|counts| counts.conversations)
            .sum(),
        train_targets: targets(Split::Train),
        validation_targets: targets(Split::Validation),
        test_targets: targets(Split::Test),
        authors: statistics.authors.len() as u64,
        epoch: statistics.balance.epoch,
        author_cap: statistics.balance.cap,
        pairs: statistics.pair_count(),
        outputs,
        statistics,
    }
}
