//! Measures Portolan: makes a catalog of any size, drives a real server with it, and says what the figures are worth.

mod alerts;
mod archive;
mod floor;
mod generate;
mod load;
mod measure;
mod process;
mod report;
mod runs;
mod schedules;
mod server;
mod sign_in;
mod site;
mod tape;
mod workload;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

use generate::Catalog;
use measure::Plan;
use report::{Report, Row};
use site::Site;

/// Numbers of connections that are measured.
const CONNECTIONS: [usize; 3] = [1, 8, 32];
/// The number that the aims speak of, measured on both catalogs.
const AIMED: usize = 8;

#[derive(Debug, Parser)]
#[command(name = "portolan-bench", about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure a server with a small and a large catalog against its floors.
    Run(Run),
    /// Measure requests of self-service alone: five hundred at once, two replicas.
    Runs(Requests),
    /// Write a generated catalog as descriptor files.
    Generate {
        /// How many services; 1,000 make 2,618 entities, 10,000 make 26,121.
        #[arg(long)]
        services: usize,
        /// Another seed makes another company.
        #[arg(long, default_value_t = generate::SEED)]
        seed: u64,
        /// Entities per file.
        #[arg(long, default_value_t = 500)]
        per_file: usize,
        /// Folder to write to.
        out: PathBuf,
    },
    /// Serve recorded statements with nothing around them (started by `run`).
    #[command(hide = true)]
    Floor {
        /// The database.
        url: String,
        /// Connections of the pool.
        connections: u32,
        /// File with the recorded statements.
        tape: PathBuf,
    },
}

#[derive(Debug, Args)]
struct Requests {
    /// The program to measure [default: the one beside this program].
    #[arg(long)]
    portolan: Option<PathBuf>,
    /// Document whose figures are replaced.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Folder for the throw-away data [default: one in the folder for temporary files].
    #[arg(long)]
    folder: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Run {
    /// The program to measure [default: the one beside this program].
    #[arg(long)]
    portolan: Option<PathBuf>,
    /// Services of the small catalog.
    #[arg(long, default_value_t = 1000)]
    small: usize,
    /// Services of the large one.
    #[arg(long, default_value_t = 10_000)]
    large: usize,
    /// Milliseconds of one round.
    #[arg(long, default_value_t = 1200)]
    round: u64,
    /// Rounds; their median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds for which the idle portal is watched.
    #[arg(long, default_value_t = 20)]
    idle: u64,
    /// Measure only operations whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Only this number of connections.
    #[arg(long)]
    connections: Option<usize>,
    /// Document whose figures are replaced.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Folder for the throw-away data [default: one in the folder for temporary files].
    #[arg(long)]
    folder: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Run(run) => measure(run).await,
        Command::Runs(requests) => {
            let folder = requests.folder.unwrap_or_else(throw_away);
            let program = requests.portolan.map_or_else(beside, Ok)?;
            see_runs(&program, &folder, requests.write.as_deref()).await?;
            Ok(std::fs::remove_dir_all(folder)?)
        }
        Command::Generate { services, seed, per_file, out } => {
            write(&Catalog::new(services, seed), per_file, &out)
        }
        Command::Floor { url, connections, tape } => {
            let tape = serde_json::from_slice(&std::fs::read(tape)?)?;
            floor::serve(&url, connections, tape).await
        }
    }
}

async fn measure(run: Run) -> Result<()> {
    let plan = Plan {
        round: Duration::from_millis(run.round),
        rounds: run.rounds,
        idle: Duration::from_secs(run.idle),
    };
    let folder = run.folder.unwrap_or_else(throw_away);
    let program = run.portolan.map_or_else(beside, Ok)?;
    eprintln!("starting two servers in {} and taking the catalogs in", folder.display());
    let mut small = Site::prepare(&program, &folder.join("small"), run.small).await?;
    let mut large = Site::prepare(&program, &folder.join("large"), run.large).await?;
    let chosen = |name: &str| run.only.as_ref().is_none_or(|only| name.contains(only));
    let mut rows = Vec::new();
    for operation in (0..large.operations.len()).filter(|o| chosen(large.operations[*o].name)) {
        for connections in CONNECTIONS.into_iter().filter(|c| run.connections.is_none_or(|only| *c == only)) {
            let row = row(&large, &small, operation, connections, plan).await?;
            progress(&large, &row);
            rows.push(row);
        }
    }
    for site in [&mut large, &mut small] {
        site.leave_alone().await;
    }
    eprintln!("watching both at rest");
    let at_rest = measure::at_rest([&large, &small], plan).await?;
    eprintln!("telling alerts, and reading all schedules");
    let mut told = Vec::new();
    for site in [&large, &small] {
        told.push((site.alerts.tell(site.server.port).await?, site.read_schedules().await?));
    }
    let report = Report { large: &large, small: &small, rows, at_rest, told, machine: machine() };
    let figures = report.markdown();
    println!("{figures}");
    if let Some(file) = &run.write {
        place(file, "figures", &figures)?;
    }
    let aims = report.aims();
    eprintln!("{} of {} aims met", aims.iter().filter(|aim| aim.met()).count(), aims.len());
    drop((large, small));
    see_runs(&program, &folder.join("runs"), run.write.as_deref()).await?;
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

async fn see_runs(program: &Path, folder: &Path, write: Option<&Path>) -> Result<()> {
    eprintln!("asking for five hundred things at once");
    let figures = runs::measure(program, folder).await?.markdown(&machine());
    println!("{figures}");
    write.map_or(Ok(()), |file| place(file, "runs", &figures))
}

/// Replaces figures in a document.
fn place(file: &Path, what: &str, figures: &str) -> Result<()> {
    let document = std::fs::read_to_string(file)?;
    let placed = report::place(&document, what, figures);
    let placed = placed.with_context(|| format!("{} has no markers for {what}", file.display()))?;
    Ok(std::fs::write(file, placed)?)
}

fn throw_away() -> PathBuf {
    std::env::temp_dir().join(format!("portolan-bench-{}", std::process::id()))
}

async fn row(large: &Site, small: &Site, operation: usize, connections: usize, plan: Plan) -> Result<Row> {
    let sites: &[&Site] = if connections == AIMED { &[large, small] } else { &[large] };
    let compared = measure::compare(sites, operation, connections, plan).await?;
    Ok(Row { operation, connections, large: compared[0], small: compared.get(1).copied() })
}

fn progress(site: &Site, row: &Row) {
    let name = site.operations[row.operation].name;
    let (rate, of_bare) = (row.large.server.rate, row.large.of_bare());
    eprintln!("{name}, {} connections: {rate:.0}/s, {of_bare:.0}% of the bare handler", row.connections);
}

/// `portolan` of the same build.
fn beside() -> Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("portolan"))
}

/// The machine, in words.
fn machine() -> String {
    let read = |file| std::fs::read_to_string(file).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let model =
        field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory =
        field(&read("/proc/meminfo"), "MemTotal").and_then(|m| m.trim_end_matches(" kB").parse::<u64>().ok());
    let gigabytes = memory.unwrap_or_default().div_ceil(1024 * 1024);
    format!("{cores} cores ({model}), {gigabytes} GB; server, Postgres and driver share them")
}

fn write(catalog: &Catalog, per_file: usize, out: &Path) -> Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let files = catalog.files(per_file);
    for (n, file) in files.iter().enumerate() {
        std::fs::write(out.join(format!("{n:03}.yaml")), file)?;
    }
    println!("{} entities in {} files in {}", catalog.entities.len(), files.len(), out.display());
    Ok(())
}
