//! `chat`: talk to the persona in the terminal.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    path::PathBuf,
};

use anyhow::Result;
use persona_core::{ChatMessage, ConversationForm, random::derive_seed};
use persona_engine::{Engine, EngineConfig, ModelSource, Piece, Reply, Request, TokenRequest};
use persona_model::chatml::{self, Form};
use persona_run::Overrides;
use serde::Serialize;

use crate::{
    failure::{Problem, Status},
    interrupt,
    invocation::{self, Invocation},
    stages,
};

/// Pseudonym of the persona in its own context.
const PERSONA: &str = "u0";

const CONVERSATION: &str = "terminal";

/// Talks with the persona in the terminal
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Lines are read until the end of input; each gets a reply. `/new` begins a new conversation, `/quit` ends the chat.

Examples:
  cargo xtask chat
  cargo xtask chat --run mine --as mara --temperature 1.0
  cargo xtask chat --prompt 'who is up for a game tonight?' --seed 3
  cargo xtask chat --prompt hi --greedy --json        prompt ids, ids and text")]
pub(crate) struct Chat {
    /// A GGUF file [default: the one the run would deploy]
    #[arg(long, value_name = "FILE")]
    gguf: Option<PathBuf>,
    /// Answer this prompt and end
    #[arg(long, value_name = "TEXT")]
    prompt: Option<String>,
    /// Your name in the persona's context
    #[arg(long = "as", value_name = "NAME", default_value = "u1")]
    name: String,
    /// Always take the likeliest token
    #[arg(long, conflicts_with = "temperature")]
    greedy: bool,
    /// Sampling temperature: higher is freer
    #[arg(long, value_name = "T")]
    temperature: Option<f64>,
    /// Sample from the likeliest tokens with this probability together
    #[arg(long, value_name = "P")]
    top_p: Option<f64>,
    /// Sample from this many of the likeliest tokens
    #[arg(long, value_name = "K")]
    top_k: Option<u32>,
    /// Repetition penalty on tokens of the reply so far; 1 changes nothing
    #[arg(long, value_name = "R")]
    repetition_penalty: Option<f64>,
    /// Longest reply, in tokens
    #[arg(long, value_name = "N")]
    max_tokens: Option<u32>,
    /// Seed of the replies
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,
}

/// A reply as `--json` prints it.
#[derive(Serialize)]
struct ChatLine {
    prompt_ids: Vec<u32>,
    ids: Vec<u32>,
    text: String,
}

impl Chat {
    /// Returns the flags as a layer of the configuration.
    pub(crate) fn overrides(&self) -> toml::Table {
        Overrides::default()
            .set(
                "sampling.temperature",
                if self.greedy {
                    Some(0.0)
                } else {
                    self.temperature
                },
            )
            .set("sampling.top_p", self.top_p)
            .set("sampling.top_k", self.top_k.map(i64::from))
            .set(
                "sampling.repetition_penalty",
                self.repetition_penalty.or(self.greedy.then_some(1.0)),
            )
            .set("sampling.max_tokens", self.max_tokens.map(i64::from))
            .set("seed", self.seed.map(|seed| seed as i64))
            .table()
    }

    /// Runs the command: answers lines until the input ends.
    pub(crate) fn run(&self, invocation: &Invocation) -> Result<Status> {
        let file = self.file(invocation)?;
        invocation.warn_of_forgotten(&file);
        let form = invocation.form_of_models(&[&file], self.gguf.is_none())?;
        let engine = Engine::start(&EngineConfig::new(ModelSource::Gguf(file)))?;
        let mut talk = Talk {
            invocation,
            form,
            engine,
            context: Vec::new(),
            replies: 0,
        };
        if let Some(line) = &self.prompt {
            talk.say(&self.name, line)?;
            return Ok(Status::Done);
        }
        let asks = io::stdin().is_terminal() && !invocation.json;
        if asks {
            tracing::info!(
                "talk to the persona; /new begins a new conversation, /quit ends the chat"
            );
        }
        interrupt::end_at_once();
        let mut lines = io::stdin().lock().lines();
        loop {
            if asks {
                invocation::print(&format!("{}: ", self.name))?;
            }
            let Some(line) = lines.next().transpose()? else {
                return Ok(Status::Done);
            };
            match line.trim() {
                "" => {}
                "/quit" => return Ok(Status::Done),
                "/new" => talk.start_over(),
                said => {
                    if asks {
                        invocation::print(&format!("{PERSONA}: "))?;
                    }
                    talk.say(&self.name, said)?;
                }
            }
        }
    }

    fn file(&self, invocation: &Invocation) -> Result<PathBuf> {
        let Some(file) = &self.gguf else {
            return stages::export::model(invocation);
        };
        if file.is_file() {
            return Ok(file.clone());
        }
        Err(Problem::new(
            format!("there is no file `{}`", file.display()),
            "without --gguf the model of the run is taken: cargo xtask chat --run NAME",
        )
        .into())
    }
}

/// A conversation with the persona.
struct Talk<'a> {
    invocation: &'a Invocation,
    /// Form of conversations that the model was trained with.
    form: ConversationForm,
    engine: Engine,
    context: Vec<ChatMessage>,
    replies: u64,
}

impl Talk<'_> {
    fn start_over(&mut self) {
        self.context.clear();
        self.engine.drop_cache(CONVERSATION);
    }

    /// Says `text` as `name` and prints the reply.
    fn say(&mut self, name: &str, text: &str) -> Result<()> {
        self.context.push(self.form.context_message(name, text));
        let recent = self.context.len().saturating_sub(self.form.context_turns);
        let mut messages = vec![self.form.system_message()];
        messages.extend_from_slice(&self.context[recent..]);
        let reply = self.reply(&messages)?;
        self.replies += 1;
        self.context
            .push(self.form.context_message(PERSONA, reply.trim()));
        Ok(())
    }

    /// Prints the reply to `messages` and returns its text.
    fn reply(&self, messages: &[ChatMessage]) -> Result<String> {
        if !self.invocation.json {
            let request = Request::new(messages.to_vec(), self.invocation.config.sampling.clone())
                .with_seed(self.seed())
                .in_conversation(CONVERSATION);
            return Ok(self.stream(request)?.text);
        }
        let prompt_ids = chatml::encode(self.engine.tokenizer(), messages, Form::Prompt).ids;
        let reply = self.engine.tokens().reply(TokenRequest {
            conversation: Some(CONVERSATION.to_owned()),
            prompt: prompt_ids.clone(),
            stop: self.engine.stop_ids().to_vec(),
            sampling: self.invocation.config.sampling.clone(),
            seed: self.seed(),
        })?;
        let record = ChatLine {
            prompt_ids,
            text: self.engine.tokenizer().decode(&reply.ids),
            ids: reply.ids,
        };
        invocation::print(&format!("{}\n", serde_json::to_string(&record)?))?;
        Ok(record.text)
    }

    /// Prints the reply as it is generated.
    fn stream(&self, request: Request) -> Result<Reply> {
        let mut stdout = io::stdout().lock();
        let mut pieces = self.engine.submit(request);
        while let Some(piece) = pieces.blocking_next() {
            match piece? {
                Piece::Text { text, .. } => {
                    stdout.write_all(text.as_bytes())?;
                    stdout.flush()?;
                }
                Piece::Done(reply) => {
                    writeln!(stdout)?;
                    tracing::debug!(
                        "{} prompt tokens, {} of them reused, {} tokens in {:.2} s",
                        reply.prompt_tokens,
                        reply.reused_tokens,
                        reply.ids.len(),
                        reply.timings.total.as_secs_f64()
                    );
                    return Ok(reply);
                }
            }
        }
        Err(persona_engine::Error::Stopped.into())
    }

    /// Seed of the next reply. Each reply has its own, so that the third reply to the same lines is the same again.
    fn seed(&self) -> u64 {
        let label = format!("chat reply {}", self.replies);
        derive_seed(self.invocation.config.seed, &label)
    }
}
