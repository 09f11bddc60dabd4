//! The persona's own replies to the prompts of the test targets, written by the engine.

use std::collections::VecDeque;

use persona_core::{Progress, Unit, random::derive_seed};
use persona_engine::{
    Engine, EngineConfig, Finish, ModelSource, Reply, ReplyStream, Request, Sampling,
};

use crate::{data::Target, error::Error};

/// Requests that wait in the engine at a time.
const QUEUED: usize = 8;

/// Replies of one model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Replies {
    /// Their texts, without space around them: that is how a chat shows them.
    pub(crate) texts: Vec<String>,
    /// How many were cut off at the longest length.
    pub(crate) cut_off: usize,
}

/// Answers every target with the model of `stage`. Each reply has a seed of its own, which is the same for all models.
pub(crate) fn answer(
    source: ModelSource,
    stage: &'static str,
    targets: &[Target],
    sampling: &Sampling,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Replies, Error> {
    let engine = Engine::start(&EngineConfig::new(source)).map_err(Error::engine(stage))?;
    let label = format!("answering with the {stage} model");
    let task = progress.task(&label, Some(targets.len() as u64), Unit::Things("replies"));
    let mut replies = Replies::default();
    let mut queue: VecDeque<ReplyStream> = VecDeque::with_capacity(QUEUED);
    for target in targets {
        if progress.interrupted() {
            return Err(Error::Interrupted);
        }
        if queue.len() == QUEUED
            && let Some(oldest) = queue.pop_front()
        {
            replies.add(&oldest.blocking_finish().map_err(Error::engine(stage))?);
            task.advance(1);
        }
        let label = format!("reply to {}", target.message_id);
        let request = Request::new(target.prompt.clone(), sampling.clone());
        queue.push_back(engine.submit(request.with_seed(derive_seed(seed, &label))));
    }
    for stream in queue {
        replies.add(&stream.blocking_finish().map_err(Error::engine(stage))?);
        task.advance(1);
    }
    Ok(replies)
}

impl Replies {
    fn add(&mut self, reply: &Reply) {
        self.cut_off += usize::from(reply.finish == Finish::Length);
        self.texts.push(reply.text.trim().to_owned());
    }
}
