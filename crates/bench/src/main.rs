//! Measures Portolan: makes a catalog of any size, drives a real server with it, and says what the figures are worth.

mod floor;
mod generate;
mod load;
mod process;
mod server;
mod tape;
mod workload;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use generate::Catalog;

#[derive(Debug, Parser)]
#[command(name = "portolan-bench", about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
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

#[tokio::main]
async fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Generate { services, seed, per_file, out } => {
            write(&Catalog::new(services, seed), per_file, &out)
        }
        Command::Floor { url, connections, tape } => {
            let tape = serde_json::from_slice(&std::fs::read(tape)?)?;
            floor::serve(&url, connections, tape).await
        }
    }
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
