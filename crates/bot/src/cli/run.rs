//! `run`: the bot itself.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use bot::{
    Ended, Program, Setup, logging,
    monitor::{Monitor, MonitorConfig},
    supervise::RESTART,
};
use persona_core::Settled;
use persona_discord::Token;
use persona_engine::{Backend, Engine, EngineConfig, ModelSource, Remote};
use persona_run::{
    Secrets, forgotten,
    secrets::{DISCORD_TOKEN, PERSONA_API_KEY},
};

use super::{global::Global, stop::asked_to_stop};

/// The loop says every few seconds that it goes round. One that did not for so long hangs.
const LOOP_PATIENCE: Duration = Duration::from_secs(10);

/// Runs the bot until it is stopped
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Run {
    /// Stop when standard input is closed, which is how the supervisor asks for it on every system
    #[arg(long, hide = true)]
    supervised: bool,
}

impl Run {
    pub(crate) fn run(&self, global: &Global) -> Result<ExitCode> {
        let program = Program::read(global.config.as_deref(), global.run.as_deref())?;
        let _logging = logging::start(&program.bot.log, Path::new("."), "persona-bot")?;
        let ended = self.live(program, global);
        if let Err(error) = &ended {
            logging::ending(&format!("{error:#}"));
        }
        ended
    }

    fn live(&self, program: Program, global: &Global) -> Result<ExitCode> {
        let secrets = Secrets::load(Path::new(".env"))?;
        let token = secrets.get(DISCORD_TOKEN).ok_or(bot::Error::NoToken)?;
        let token = Token::new(token.to_owned()).map_err(bot::Error::from)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("cannot start the runtime")?;
        let ended = runtime.block_on(async {
            let model = model(&program, global.model.as_deref())?;
            let settled = program.form(model.as_deref())?;
            warn_of_form(&program, &settled);
            let backend = backend(&program, model, &secrets).await?;
            let monitor = Arc::new(monitor(&program, &backend)?);
            let setup = Setup {
                config: program.bot,
                form: settled.form,
                sampling: program.sampling,
                api: program.api,
                fetch: program.fetch,
                token,
                files: program.files,
                seed: program.seed,
                backend,
                observer: monitor.clone(),
            };
            let ended = bot::run(setup, asked_to_stop(self.supervised)).await;
            // Tasks that were left behind may hold it for ever.
            monitor.finish();
            anyhow::Ok(ended?)
        })?;
        // What still waits in a system call must not hold up the end.
        runtime.shutdown_background();
        Ok(match ended {
            Ended::Stopped => ExitCode::SUCCESS,
            Ended::Restart => ExitCode::from(RESTART),
        })
    }
}

/// The observer for figures and the heartbeat file.
fn monitor(program: &Program, backend: &Backend) -> Result<Monitor> {
    let supervise = &program.bot.supervise;
    let config = MonitorConfig {
        heartbeat: Some(program.files.heartbeat()),
        interval: Duration::from_secs_f64(supervise.heartbeat_seconds),
        loop_patience: LOOP_PATIENCE,
        engine_patience: Duration::from_secs_f64(supervise.engine_seconds),
        store: Some(program.files.store.clone()),
    };
    Monitor::start(config, backend.pulse()).context("cannot start counting")
}

/// The model file that is run here; `None` where a server has the model. `named` goes over the run's.
fn model(program: &Program, named: Option<&Path>) -> Result<Option<PathBuf>, bot::Error> {
    match named {
        _ if !program.bot.is_embedded() => Ok(None),
        Some(named) => Ok(Some(named.to_owned())),
        None => program.model().map(Some),
    }
}

/// Says where the configuration wants another form of conversations than the model was trained with.
fn warn_of_form(program: &Program, settled: &Settled) {
    for disagreement in &settled.disagreements {
        tracing::warn!("{disagreement}");
    }
    if !settled.is_recorded {
        tracing::info!(
            "the model does not say which form of conversations it was trained with: that of [conversation] is used"
        );
    }
    let (turns, most) = (settled.form.context_turns, program.bot.context_turns_max);
    if let Some(most) = most.filter(|most| *most < turns) {
        tracing::warn!(
            "`bot.context_turns_max` is {most}, but the model was trained with {turns} turns of context: it has those"
        );
    }
}

/// The source of replies that the configuration names.
async fn backend(
    program: &Program,
    model: Option<PathBuf>,
    secrets: &Secrets,
) -> Result<Backend, bot::Error> {
    let Some(model) = model else {
        let key = secrets.get(PERSONA_API_KEY);
        let remote = Remote::connect(&program.bot.engine, &program.bot.remote, key).await;
        return Ok(Backend::Remote(
            remote.map_err(persona_engine::Error::from)?,
        ));
    };
    tracing::info!(model = %model.display(), "loading the model");
    if let Some(warning) = forgotten::warning(&model) {
        tracing::warn!("{warning}");
    }
    let config = EngineConfig::new(ModelSource::Gguf(model));
    let loaded = tokio::task::spawn_blocking(move || Engine::start(&config)).await;
    let engine = loaded.unwrap_or(Err(persona_engine::Error::Stopped));
    Ok(Backend::Embedded(engine?))
}
