//! From a message that is to be answered to the reply in the channel.

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
    shared::Shared,
    text::{MESSAGE_MAX, split, tidy, with_names},
    trigger::Trigger,
};

/// A reply that is shown while it is written is changed this often.
const EDIT_EVERY: Duration = Duration::from_secs(1);

/// A message that is to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) message: Id,
    pub(crate) channel: Id,
    pub(crate) guild: Option<Id>,
    pub(crate) timestamp_ms: i64,
    pub(crate) trigger: Trigger,
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The reply stands in the channel.
    Sent(Reply),
    /// There is none, and why.
    Nothing(&'static str),
}

/// What the model is asked.
struct Asked {
    prompt: Vec<ChatMessage>,
    sampling: Sampling,
}

/// A reply that stands in the channel, maybe only its beginning.
struct Shown {
    first: Id,
    text: String,
}

/// Answers a message, unless it was answered already. It is claimed before anything is sent, so that nothing is answered twice.
pub(crate) async fn answer(shared: &Arc<Shared>, question: &Question) -> Result<Outcome, Error> {
    let (message, channel) = (question.message, question.channel);
    let claimed = shared
        .database
        .run(move |store| store.claim(message, channel, now_ms()))
        .await?;
    if !claimed {
        return Ok(Outcome::Nothing("it was taken on before"));
    }
    let typing = Typing::start(shared.clone(), channel);
    let asked = match ask(shared, question).await? {
        Ok(asked) => asked,
        Err(reason) => return Ok(Outcome::Nothing(reason)),
    };
    let (written, shown) = write(shared, question, &asked).await?;
    drop(typing);
    let said = tidy(&written.text, &shared.form.speaker_form);
    let name_of = |pseudonym: &str| shared.known.name_of(pseudonym);
    let Some(text) = with_names(&said, &name_of) else {
        if let Some(shown) = shown {
            shared.rest.delete_message(channel, shown.first).await?;
        }
        return Ok(Outcome::Nothing("the reply is empty"));
    };
    let sent = deliver(shared, question, &text, shown).await?;
    record(shared, question, asked.prompt, said, sent).await?;
    Ok(Outcome::Sent(written))
}

/// Marks a message as dealt with that gets no answer.
pub(crate) async fn settle(shared: &Shared, message: Id, channel: Id) -> Result<(), Error> {
    shared
        .database
        .run(move |store| {
            if store.claim(message, channel, now_ms())? {
                // Nothing else can answer it: it stands for its own answer.
                store.set_answered(message, message)?;
            }
            Ok(())
        })
        .await
}

/// Builds the prompt. The inner error says why there is nothing to ask.
async fn ask(
    shared: &Arc<Shared>,
    question: &Question,
) -> Result<Result<Asked, &'static str>, Error> {
    let (channel, guild) = (question.channel, question.guild);
    let (reader, limit) = (shared.clone(), shared.config.memory_messages);
    let (memory, settings, allowed) = shared
        .database
        .run(move |store| {
            let allowed = guild.is_none() || rules::is_allowed(store, channel)? == Some(true);
            let settings = rules::settings(&reader.config, &reader.sampling, store, guild)?;
            Ok((store.memory(channel, limit)?, settings, allowed))
        })
        .await?;
    // What was set since the message came holds for it too.
    if !allowed || settings.silent_channels.contains(&channel) {
        return Ok(Err("the channel was switched off"));
    }
    let context = {
        let people = shared.known.people();
        let builder = Builder {
            form: &shared.form,
            config: &shared.config,
            people: &people,
            me: shared.me,
        };
        builder.build(&memory, question.message)
    };
    let Some(context) = context else {
        return Ok(Err("the message is gone"));
    };
    // What a search found that began when this message came, or one before it: nobody waits for one here.
    let retrieved = shared
        .retrieval
        .as_ref()
        .map_or_else(Vec::new, |retrieval| {
            let known = context.message_ids().collect();
            retrieval.ready(channel, question.timestamp_ms, &known)
        });
    Ok(Ok(Asked {
        prompt: context.prompt(&shared.form, &retrieved),
        sampling: Sampling {
            temperature: settings.temperature,
            max_tokens: settings.max_tokens,
            ..shared.sampling.clone()
        },
    }))
}

/// Has the reply written, and shows it on the way where that is wished.
async fn write(
    shared: &Shared,
    question: &Question,
    asked: &Asked,
) -> Result<(Reply, Option<Shown>), Error> {
    // Each message draws from its own stream.
    let seed = random::derive_seed(shared.seed, &format!("reply to {}", question.message));
    let request = Request::new(asked.prompt.clone(), asked.sampling.clone())
        .with_seed(seed)
        .in_conversation(question.channel.to_string());
    let mut pieces = shared.backend.submit(request);
    let (mut text, mut shown) = (String::new(), None);
    let mut changed = Instant::now();
    while let Some(piece) = pieces.next().await {
        match piece? {
            Piece::Text { text: more, .. } => text.push_str(&more),
            Piece::Done(written) => return Ok((written, shown)),
        }
        if shared.config.stream && changed.elapsed() >= EDIT_EVERY {
            show(shared, question, &text, &mut shown).await?;
            changed = Instant::now();
        }
    }
    Err(persona_engine::Error::Stopped.into())
}

/// Shows the beginning of a reply.
async fn show(
    shared: &Shared,
    question: &Question,
    text: &str,
    shown: &mut Option<Shown>,
) -> Result<(), Error> {
    // The last word may still grow, and with it a name.
    let whole = text
        .rfind(char::is_whitespace)
        .map_or("", |end| &text[..end]);
    let name_of = |pseudonym: &str| shared.known.name_of(pseudonym);
    let Some(text) = with_names(&tidy(whole, &shared.form.speaker_form), &name_of) else {
        return Ok(());
    };
    let Some(text) = split(&text, MESSAGE_MAX).into_iter().next() else {
        return Ok(());
    };
    match shown {
        Some(shown) if shown.text == text => {}
        Some(shown) => {
            sending::edit(shared, question.channel, shown.first, &text).await?;
            shown.text = text;
        }
        None => {
            let first = sending::send(shared, part(question, &text, 0)).await?;
            *shown = Some(Shown { first, text });
        }
    }
    Ok(())
}

/// Sends what is not shown yet. Gives the ids of all messages of the reply.
async fn deliver(
    shared: &Shared,
    question: &Question,
    text: &str,
    shown: Option<Shown>,
) -> Result<Vec<Id>, Error> {
    let mut sent = Vec::new();
    for (number, text) in split(text, MESSAGE_MAX).iter().enumerate() {
        if let (Some(shown), 0) = (&shown, number) {
            if shown.text != *text {
                sending::edit(shared, question.channel, shown.first, text).await?;
            }
            sent.push(shown.first);
        } else {
            sent.push(sending::send(shared, part(question, text, number)).await?);
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

/// Remembers what was said, and with which prompt, for those who praise or disapprove of it.
async fn record(
    shared: &Shared,
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
        author_id: shared.me,
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
    shared
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
