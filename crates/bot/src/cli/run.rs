//! `run`: the bot itself.

use std::{path::Path, process::ExitCode, sync::Arc};

use anyhow::{Context, Result};
use bot::{
    Ended, Program, Setup,
    backend::{Backend, Remote},
    engine::{Engine, EngineConfig, ModelSource},
    observer::Deaf,
    supervise::RESTART,
};
use persona_core::{
    Secrets,
    secrets::{DISCORD_TOKEN, PERSONA_API_KEY},
};
use persona_discord::Token;
use tokio::sync::oneshot;

use super::Global;

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
        let secrets = Secrets::load(Path::new(".env"))?;
        let token = secrets.get(DISCORD_TOKEN).ok_or(bot::Error::NoToken)?;
        let token = Token::new(token.to_owned()).map_err(bot::Error::from)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("cannot start the runtime")?;
        let ended = runtime.block_on(async {
            let backend = backend(&program, global.model.as_deref(), &secrets).await?;
            let setup = Setup {
                config: program.bot,
                api: program.api,
                fetch: program.fetch,
                token,
                place: program.place,
                seed: program.seed,
                backend,
                observer: Arc::new(Deaf),
            };
            anyhow::Ok(bot::run(setup, asked_to_stop(self.supervised)).await?)
        })?;
        // What still waits in a system call must not hold up the end.
        runtime.shutdown_background();
        Ok(match ended {
            Ended::Stopped => ExitCode::SUCCESS,
            Ended::Restart => ExitCode::from(RESTART),
        })
    }
}

/// The source of replies that the configuration names.
async fn backend(
    program: &Program,
    model: Option<&Path>,
    secrets: &Secrets,
) -> Result<Backend, bot::Error> {
    if !program.bot.is_embedded() {
        let key = secrets.get(PERSONA_API_KEY);
        let remote = Remote::connect(&program.bot.engine, &program.bot.remote, key).await?;
        return Ok(Backend::Remote(remote));
    }
    let model = match model {
        Some(model) => model.to_owned(),
        None => program.model()?,
    };
    tracing::info!(model = %model.display(), "loading the model");
    let config = EngineConfig::new(ModelSource::Gguf(model));
    let loaded = tokio::task::spawn_blocking(|| Engine::start(config)).await;
    let engine = loaded.unwrap_or(Err(bot::engine::Error::Stopped));
    Ok(Backend::Embedded(
        engine.map_err(bot::backend::Error::from)?,
    ))
}

/// Ready when the program is asked to stop: by Ctrl-C, by the system, or by its supervisor.
async fn asked_to_stop(supervised: bool) {
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated() => {}
        () = closed(), if supervised => {}
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

/// Ready when standard input is at its end.
async fn closed() {
    let (sender, end) = oneshot::channel();
    // Nothing can wake a thread out of a read: it is left behind when the program ends.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _ = sender.send(());
    });
    let _ = end.await;
}
