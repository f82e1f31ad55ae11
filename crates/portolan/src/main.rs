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
    match commands::run(cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("portolan: {error:#}");
            ExitCode::FAILURE
        }
    }
}
