//! Portolan, the program: commands, settings, the private Postgres, the assembled server and its worker.

mod cli;
mod commands;
mod database;
mod demo;
mod embedded;
mod http;
mod listener;
mod seal;
mod settings;
mod telemetry;
mod worker;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // Every TLS client of ours (links to the outside, the download of Postgres) takes this provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            // not 2, which commands give a meaning of their own
            return if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    match commands::run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("portolan: {error:#}");
            ExitCode::FAILURE
        }
    }
}
