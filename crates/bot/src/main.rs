//! `persona-bot`: the persona on Discord.

mod cli;
mod failure;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => failure::report(&error),
    }
}
