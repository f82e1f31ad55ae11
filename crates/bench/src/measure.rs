//! The measurement itself: interleaved rounds over server and floors, so that noise of the machine hits all alike.

use std::{sync::Arc, time::Duration};

use anyhow::Result;

use crate::{
    floor,
    load::{self, Cell, Requests, Run, Spent, median},
    process,
    site::Site,
};

/// After the load, before the portal is watched at rest: closing connections is work of the load.
const SETTLE: Duration = Duration::from_secs(3);

/// How long and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Length of one round.
    pub(crate) round: Duration,
    /// Rounds of which the median is taken.
    pub(crate) rounds: usize,
    /// How long idle processor time is watched.
    pub(crate) idle: Duration,
}

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// The server under test.
    Server,
    /// The bare handler over the same statements.
    Bare,
    /// The same statements without HTTP.
    Statements,
}

/// One operation at one number of connections on one site.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Compared {
    /// The server under test.
    pub(crate) server: Cell,
    /// The bare handler.
    pub(crate) bare: Cell,
    /// Postgres alone.
    pub(crate) statements: Cell,
}

impl Compared {
    /// The server's rate in percent of the bare handler's.
    pub(crate) fn of_bare(&self) -> f64 {
        100.0 * self.server.rate / self.bare.rate
    }

    /// The server's rate in percent of Postgres' alone.
    pub(crate) fn of_statements(&self) -> f64 {
        100.0 * self.server.rate / self.statements.rate
    }
}

/// Measures one operation on all `sites` at once.
pub(crate) async fn compare(
    sites: &[&Site],
    operation: usize,
    connections: usize,
    plan: Plan,
) -> Result<Vec<Compared>> {
    let targets = [Target::Server, Target::Bare, Target::Statements];
    let mut cells = vec![[const { Vec::new() }; 3]; sites.len()];
    for round in 0..plan.rounds {
        for (site, cells) in sites.iter().zip(&mut cells) {
            for (target, cells) in targets.into_iter().zip(cells) {
                let warm_up = if round == 0 { plan.round / 3 } else { plan.round / 10 };
                run(site, target, operation, connections, warm_up).await?;
                cells.push(measured(site, target, operation, connections, plan.round).await?);
            }
        }
    }
    let compared = cells.iter().map(|[server, bare, statements]| Compared {
        server: median(server),
        bare: median(bare),
        statements: median(statements),
    });
    Ok(compared.collect())
}

async fn measured(
    site: &Site,
    target: Target,
    operation: usize,
    connections: usize,
    length: Duration,
) -> Result<Cell> {
    let before = spent(site, target)?;
    let run = run(site, target, operation, connections, length).await?;
    let after = spent(site, target)?;
    let spent = Spent {
        server: after.server.saturating_sub(before.server),
        postgres: after.postgres.saturating_sub(before.postgres),
        driver: after.driver.saturating_sub(before.driver),
    };
    Ok(run.cell(spent))
}

fn spent(site: &Site, target: Target) -> Result<Spent> {
    let driver = process::own_processor_time()?;
    let server = match target {
        Target::Server => process::processor_time(site.server.pid(), false)?,
        Target::Bare => process::processor_time(site.bare.pid(), false)?,
        Target::Statements => driver,
    };
    Ok(Spent { server, postgres: process::processor_time(site.cluster.pid, true)?, driver })
}

async fn run(
    site: &Site,
    target: Target,
    operation: usize,
    connections: usize,
    length: Duration,
) -> Result<Run> {
    match target {
        Target::Server => http(site.server.port, &site.requests[operation], connections, length).await,
        Target::Bare => http(site.bare.port, &site.bare_requests[operation], connections, length).await,
        Target::Statements => floor::drive(&site.pool, &site.scripts[operation], connections, length).await,
    }
}

/// Drives from one thread, whatever the number of connections.
async fn http(port: u16, requests: &Requests, connections: usize, length: Duration) -> Result<Run> {
    let requests = Arc::clone(requests);
    let driver = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(load::drive(port, &requests, connections, length))
    });
    driver.await?
}

/// What the portal uses when nobody asks for anything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AtRest {
    /// Resident memory of the server, in bytes.
    pub(crate) memory: u64,
    /// The most it ever had.
    pub(crate) peak: u64,
    /// Memory of Postgres with all its backends, shared pages once.
    pub(crate) memory_postgres: u64,
    /// Processor time of the server in percent of a core.
    pub(crate) idle: f64,
    /// Processor time of Postgres in percent of a core.
    pub(crate) idle_postgres: f64,
}

/// Looks at all sites at rest, after the load; the floors must be gone.
pub(crate) async fn at_rest(sites: [&Site; 2], plan: Plan) -> Result<[AtRest; 2]> {
    let [one, two] = sites;
    tokio::time::sleep(SETTLE).await;
    let before = [spent(one, Target::Server)?, spent(two, Target::Server)?];
    let mut found = [uses(one)?, uses(two)?];
    tokio::time::sleep(plan.idle).await;
    for ((site, before), found) in sites.iter().zip(before).zip(&mut found) {
        let after = spent(site, Target::Server)?;
        let percent = |now: Duration, then: Duration| {
            100.0 * now.saturating_sub(then).as_secs_f64() / plan.idle.as_secs_f64()
        };
        found.idle = percent(after.server, before.server);
        found.idle_postgres = percent(after.postgres, before.postgres);
    }
    Ok(found)
}

fn uses(site: &Site) -> Result<AtRest> {
    Ok(AtRest {
        memory: process::resident(site.server.pid())?,
        peak: process::peak_resident(site.server.pid())?,
        memory_postgres: process::proportional(site.cluster.pid)?,
        idle: 0.0,
        idle_postgres: 0.0,
    })
}
