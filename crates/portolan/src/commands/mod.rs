//! What each command does.

mod admin;
mod apply;
mod demo;
mod example_executor;
mod oncall;
mod remote;
mod request;
mod serve;
mod win;

use std::process::ExitCode;

use anyhow::Result;

use crate::{
    cli::{Cli, Command, Store},
    database::{Beside, Database},
    settings::Settings,
    telemetry,
};

/// Runs a command.
pub(crate) fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Serve(flags) => {
            let settings = Settings::for_serve(&flags)?;
            telemetry::log(&settings);
            on_runtime(serve::run(settings))?;
        }
        Command::Migrate(flags) => on_runtime(migrate(quiet(&flags)?))?,
        Command::Openapi => println!("{}", portolan_api::document().to_pretty_json()?),
        Command::Admin(command) => on_runtime(admin::run(command))?,
        Command::Demo(flags) => on_runtime(demo::run(flags))?,
        Command::ExampleExecutor(flags) => on_runtime(example_executor::run(flags))?,
        Command::Apply(flags) => return on_runtime(apply::run(flags)),
        Command::Request(flags) => return on_runtime(request::run(flags)),
        Command::Win(flags) => on_runtime(win::run("win", flags))?,
        Command::Challenge(flags) => on_runtime(win::run("challenge", flags))?,
        Command::Oncall(flags) => {
            let somebody = on_runtime(oncall::run(flags))?;
            return Ok(if somebody { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Settings of a command that ends by itself: it says what it did, and logs only trouble.
fn quiet(flags: &Store) -> Result<Settings> {
    let mut settings = Settings::for_store(flags)?;
    if settings.log == "info" {
        "warn".clone_into(&mut settings.log);
    }
    telemetry::log(&settings);
    Ok(settings)
}

/// Where links lead: the public address that was set, else what `serve` listens on.
fn link_base(settings: &Settings) -> String {
    settings.base_url.clone().unwrap_or_else(|| serve::base_url(settings.listen))
}

fn on_runtime<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

async fn migrate(settings: Settings) -> Result<()> {
    let database = Database::open(&settings, Beside::Join).await?;
    match database.applied {
        0 => println!("nothing to do: the database is current"),
        1 => println!("applied 1 migration"),
        n => println!("applied {n} migrations"),
    }
    database.close().await
}
