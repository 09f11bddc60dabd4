//! Answering: from a question to the reply in the channel.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use persona_core::{ChatMessage, Id, Sampling, random};
use persona_discord::{snowflake, time::now_ms};
use persona_engine::{Piece, Reply, Request};
use persona_store::{FeedbackRow, RememberedMessage};

use crate::{
    context::Builder,
    error::Error,
    rules,
    sending::{self, Part, Typing},
    state::BotState,
    text::{MESSAGE_MAX, split, tidy, with_names},
    trigger::Trigger,
};

/// Interval at which a reply that is shown while it grows is edited.
const EDIT_EVERY: Duration = Duration::from_secs(1);

/// A message to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) message: Id,
    pub(crate) channel: Id,
    pub(crate) guild: Option<Id>,
    pub(crate) timestamp_ms: i64,
    pub(crate) trigger: Trigger,
}

/// Result of answering a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The reply is in the channel.
    Sent(Reply),
    /// No reply was sent; the text says why.
    Nothing(&'static str),
}

/// Prompt and settings of one reply.
struct Asked {
    prompt: Vec<ChatMessage>,
    sampling: Sampling,
}

/// The part of a reply that is in the channel so far.
struct Shown {
    first: Id,
    text: String,
}

/// Answers a message, unless it was answered already. The message is claimed before anything is sent, so that it is never
/// answered twice.
pub(crate) async fn answer(state: &Arc<BotState>, question: &Question) -> Result<Outcome, Error> {
    let (message, channel) = (question.message, question.channel);
    let claimed = state
        .database
        .run(move |store| store.claim(message, channel, now_ms()))
        .await?;
    if !claimed {
        return Ok(Outcome::Nothing("it was taken on before"));
    }
    let typing = Typing::start(state.clone(), channel);
    let asked = match ask(state, question).await? {
        Ok(asked) => asked,
        Err(reason) => return Ok(Outcome::Nothing(reason)),
    };
    let (written, shown) = write(state, question, &asked).await?;
    drop(typing);
    let said = tidy(&written.text, &state.form.speaker_form);
    let name_of = |pseudonym: &str| state.known.name_of(pseudonym);
    let Some(text) = with_names(&said, &name_of) else {
        if let Some(shown) = shown {
            state.rest.delete_message(channel, shown.first).await?;
        }
        return Ok(Outcome::Nothing("the reply is empty"));
    };
    let sent = deliver(state, question, &text, shown).await?;
    record(state, question, asked.prompt, said, sent).await?;
    Ok(Outcome::Sent(written))
}

/// Marks a message that gets no answer as settled.
pub(crate) async fn settle(state: &BotState, message: Id, channel: Id) -> Result<(), Error> {
    state
        .database
        .run(move |store| {
            if store.claim(message, channel, now_ms())? {
                // The message is recorded as its own answer, so that nothing else answers it.
                store.set_answered(message, message)?;
            }
            Ok(())
        })
        .await
}

/// Builds the prompt. The inner error is the reason for which no reply is made.
async fn ask(
    state: &Arc<BotState>,
    question: &Question,
) -> Result<Result<Asked, &'static str>, Error> {
    let (channel, guild) = (question.channel, question.guild);
    let (reader, limit) = (state.clone(), state.config.memory_messages);
    let (memory, settings, allowed) = state
        .database
        .run(move |store| {
            let allowed = guild.is_none() || rules::is_allowed(store, channel)? == Some(true);
            let settings = rules::settings(&reader.config, &reader.sampling, store, guild)?;
            Ok((store.memory(channel, limit)?, settings, allowed))
        })
        .await?;
    // Settings that changed after the message arrived apply to it too.
    if !allowed || settings.silent_channels.contains(&channel) {
        return Ok(Err("the channel was switched off"));
    }
    let context = {
        let people = state.known.people();
        let builder = Builder {
            form: &state.form,
            config: &state.config,
            people: &people,
            me: state.me,
        };
        builder.build(&memory, question.message)
    };
    let Some(context) = context else {
        return Ok(Err("the message is gone"));
    };
    // The result of a search that began with this message or an earlier one: a reply never waits for a search.
    let retrieved = state.retrieval.as_ref().map_or_else(Vec::new, |retrieval| {
        let known = context.message_ids().collect();
        retrieval.ready(channel, question.timestamp_ms, &known)
    });
    Ok(Ok(Asked {
        prompt: context.prompt(&state.form, &retrieved),
        sampling: Sampling {
            temperature: settings.temperature,
            max_tokens: settings.max_tokens,
            ..state.sampling.clone()
        },
    }))
}

/// Generates the reply and, where `stream` is set, shows it while it grows.
async fn write(
    state: &BotState,
    question: &Question,
    asked: &Asked,
) -> Result<(Reply, Option<Shown>), Error> {
    // Every message has its own stream of random numbers.
    let seed = random::derive_seed(state.seed, &format!("reply to {}", question.message));
    let request = Request::new(asked.prompt.clone(), asked.sampling.clone())
        .with_seed(seed)
        .in_conversation(question.channel.to_string());
    let mut pieces = state.backend.submit(request);
    let (mut text, mut shown) = (String::new(), None);
    let mut changed = Instant::now();
    while let Some(piece) = pieces.next().await {
        match piece? {
            Piece::Text { text: more, .. } => text.push_str(&more),
            Piece::Done(written) => return Ok((written, shown)),
        }
        if state.config.stream && changed.elapsed() >= EDIT_EVERY {
            show(state, question, &text, &mut shown).await?;
            changed = Instant::now();
        }
    }
    Err(persona_engine::Error::Stopped.into())
}

/// Shows the part of a reply that is generated so far.
async fn show(
    state: &BotState,
    question: &Question,
    text: &str,
    shown: &mut Option<Shown>,
) -> Result<(), Error> {
    // The last word may still grow, and with it the name in it.
    let whole = text
        .rfind(char::is_whitespace)
        .map_or("", |end| &text[..end]);
    let name_of = |pseudonym: &str| state.known.name_of(pseudonym);
    let Some(text) = with_names(&tidy(whole, &state.form.speaker_form), &name_of) else {
        return Ok(());
    };
    let Some(text) = split(&text, MESSAGE_MAX).into_iter().next() else {
        return Ok(());
    };
    match shown {
        Some(shown) if shown.text == text => {}
        Some(shown) => {
            sending::edit(state, question.channel, shown.first, &text).await?;
            shown.text = text;
        }
        None => {
            let first = sending::send(state, part(question, &text, 0)).await?;
            *shown = Some(Shown { first, text });
        }
    }
    Ok(())
}

/// Sends the part of the reply that is not shown yet. Returns the ids of all its messages.
async fn deliver(
    state: &BotState,
    question: &Question,
    text: &str,
    shown: Option<Shown>,
) -> Result<Vec<Id>, Error> {
    let mut sent = Vec::new();
    for (number, text) in split(text, MESSAGE_MAX).iter().enumerate() {
        if let (Some(shown), 0) = (&shown, number) {
            if shown.text != *text {
                sending::edit(state, question.channel, shown.first, text).await?;
            }
            sent.push(shown.first);
        } else {
            sent.push(sending::send(state, part(question, text, number)).await?);
        }
    }
    Ok(sent)
}

fn part<'a>(question: &Question, text: &'a str, number: usize) -> Part<'a> {
    Part {
        channel: question.channel,
        text,
        answers: question.message,
        number,
    }
}

/// Stores reply and prompt for feedback, and the reply in the live memory.
async fn record(
    state: &BotState,
    question: &Question,
    prompt: Vec<ChatMessage>,
    said: String,
    sent: Vec<Id>,
) -> Result<(), Error> {
    let first = *sent
        .first()
        .expect("a text that is not blank has a first part");
    let timestamp_ms = snowflake::timestamp_ms(first);
    let memory = RememberedMessage {
        message_id: first,
        channel_id: question.channel,
        author_id: state.me,
        timestamp_ms,
        content: said.clone(),
        reply_to: Some(question.message),
    };
    let feedback = FeedbackRow {
        message_id: first,
        channel_id: question.channel,
        timestamp_ms,
        reply_to: Some(question.message),
        prompt,
        reply: said,
        positive: 0,
        negative: 0,
        retracted: false,
    };
    state
        .database
        .run(move |store| {
            if let Some(answered) = memory.reply_to {
                store.set_answered(answered, first)?;
            }
            store.remember(&memory)?;
            store.put_feedback(&feedback)?;
            store.put_parts(first, &sent[1..])
        })
        .await
}
