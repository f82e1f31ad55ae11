//! `portolan serve`.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::Result;
use portolan_connect::{
    executors::{Equipment, Hidden, PostgresServer, Terraform},
    guard::{Allowed, Outside},
    smtp::Mailer,
};
use portolan_domain::{
    Actor, Clock, Db, Portal, live,
    people::{self, Callers},
    usage,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::{Notify, watch},
    task::JoinSet,
};

use super::{demo as load, example_executor};
use crate::{
    database::{Beside, Database},
    demo,
    embedded::Cluster,
    http, listener, seal,
    settings::Settings,
    telemetry,
    worker::{self, Pulse, Tools, Worker},
};

/// How long usage events may take to be written, and the database to be closed, at the end.
const FLUSHING: Duration = Duration::from_secs(3);
const CLOSING: Duration = Duration::from_mins(1);

/// What offerings call the private Postgres.
const LOCAL: &str = "local";

/// Usage events that may wait for their writer.
const USAGE_ROOM: usize = 4096;

/// Starts the portal and runs it until it is told to stop.
pub(crate) async fn run(settings: Settings) -> Result<()> {
    let stop = signals()?;
    let listener = http::bind(settings.listen).await?;
    let database = Database::open(&settings, Beside::Refuse).await?;
    let result = serve(&settings, &database, listener, stop).await;
    let closed = tokio::time::timeout(CLOSING, database.close()).await;
    result?;
    closed?
}

/// Answers requests, with the work in the background beside it.
async fn serve(
    settings: &Settings,
    database: &Database,
    listener: TcpListener,
    stop: watch::Receiver<bool>,
) -> Result<()> {
    let metrics = telemetry::metrics()?;
    let (recorder, events) = usage::Recorder::new(USAGE_ROOM);
    let own = listener.local_addr()?;
    let portal = portal(settings, database, recorder, own)?;
    if settings.demo {
        load::load_into_empty(&portal.db).await?;
    }
    let writer = tokio::spawn(usage::run(portal.db.clone(), events, portal.clock.clone()));
    let (wake, pulse) = (Arc::new(Notify::new()), Arc::new(Pulse::new()));
    let mut background = JoinSet::new();
    background.spawn(listener::run(database.options.clone(), Arc::clone(&portal), Arc::clone(&wake)));
    background.spawn(worker::periodically(Arc::clone(&portal), metrics.clone()));
    background.spawn(end_listening(Arc::clone(&portal), stop.clone()));
    let tools = Arc::new(tools(settings, database, &portal, own)?);
    let worker = Worker::new(tools, worker::KINDS, wake, Arc::clone(&pulse));
    let mut worker = tokio::spawn(worker.run(stop.clone()));
    let guard = http::Guard { timeout: settings.request_timeout, trust_proxy: settings.trust_proxy };
    let app = http::app(Arc::clone(&portal), metrics, pulse, guard);
    welcome(&portal, settings).await?;

    let patience = http::Patience { head: settings.request_timeout, stop: settings.shutdown_timeout };
    let result = tokio::select! {
        () = http::serve(listener, app, stop, patience) => Ok(()),
        reason = cluster_failed(database.cluster.as_ref()) => Err(anyhow::Error::msg(reason)),
    };
    // jobs that run may finish, as requests may; what does not is taken over when its lease ends
    if result.is_err() || tokio::time::timeout(settings.shutdown_timeout, &mut worker).await.is_err() {
        worker.abort();
        let _ = worker.await;
    }
    background.shutdown().await;
    drop(portal); // the last recorder: the writer writes what waits, and ends
    let _ = tokio::time::timeout(FLUSHING, writer).await;
    result
}

/// Says where the portal is, and how the first admin gets in.
async fn welcome(portal: &Portal, settings: &Settings) -> Result<()> {
    let link = if settings.demo {
        None
    } else {
        let mut call = portal.call(Actor::system()).await?;
        people::create_set_up_link(&mut call.cx()).await?
    };
    println!("Portolan is at {}", portal.base_url);
    if let Some(link) = link {
        println!("Make the first admin (works once, for a day): {}/set-up/{}", portal.base_url, link.secret);
    }
    Ok(())
}

fn portal(
    settings: &Settings,
    database: &Database,
    usage: usage::Recorder,
    address: SocketAddr,
) -> Result<Arc<Portal>> {
    let base_url = settings.base_url.clone().unwrap_or_else(|| base_url(address));
    let portal = Portal {
        db: Db::new(database.pool.clone()),
        clock: Clock::system(),
        callers: Callers::default(),
        usage,
        demo_sign_in: settings.demo && address.ip().is_loopback() && is_loopback(&base_url),
        base_url,
        organisation: organisation(settings),
        live: live::Hub::default(),
        mail_from: settings.smtp.as_ref().and(settings.mail_from.clone()),
        sealing_key: seal::key(settings)?,
        executors: worker::executors(),
    };
    Ok(Arc::new(portal))
}

/// What the worker reaches people with, and what it makes things with.
fn tools(settings: &Settings, database: &Database, portal: &Arc<Portal>, own: SocketAddr) -> Result<Tools> {
    let mailer = if let (Some(server), Some(from)) = (&settings.smtp, &settings.mail_from) {
        tracing::info!(%server, "letters go through this mail server");
        Some(Mailer::new(server, from).map_err(anyhow::Error::msg)?)
    } else {
        tracing::warn!("no mail server is set (PORTOLAN_SMTP_URL): nobody is told anything by e-mail");
        None
    };
    let outside = Outside::new(settings.fetch_allow.clone())?;
    let equipment = Arc::new(equipment(settings, database, &outside, portal)?);
    Ok(Tools { portal: Arc::clone(portal), mailer, outside, equipment, own_address: base_url(own) })
}

/// What the steps of offerings work with: what the operator names, and the private Postgres.
fn equipment(
    settings: &Settings,
    database: &Database,
    outside: &Outside,
    portal: &Portal,
) -> Result<Equipment> {
    let mut postgres = settings.provision_postgres.clone();
    let private = database.cluster.as_ref().filter(|_| postgres.iter().all(|server| server.name != LOCAL));
    if let Some(cluster) = private {
        let server = PostgresServer::new(LOCAL, &cluster.maintenance_url()?).map_err(anyhow::Error::msg)?;
        postgres.push(server);
    }
    let mut folders = settings.provision_folders.clone();
    let mut signing = settings.provision_secrets.clone();
    let mut outside = outside.clone();
    if settings.demo && database.cluster.is_some() && portal.demo_sign_in {
        folders.extend(demo::lay_out(&settings.data_dir()?.join("demo"))?);
        signing.insert(example_executor::NAME.into(), Hidden::new(example_executor::beside(&portal.clock)?));
        // the demo's other system is on this machine
        let mut allowed = settings.fetch_allow.clone();
        allowed.push(Allowed::Net(Ipv4Addr::LOCALHOST.into(), 32));
        outside = Outside::new(allowed)?;
    }
    let environment = settings.provision_terraform_env.iter().filter_map(|name| {
        let value = std::env::var(name).ok()?;
        Some((name.clone(), Hidden::new(value)))
    });
    Ok(Equipment {
        postgres,
        signing,
        folders,
        git: settings.provision_git.clone(),
        terraform: Terraform {
            program: settings.provision_terraform.clone(),
            plugin_cache: settings.provision_terraform_cache.clone(),
            environment: environment.collect(),
        },
        ..Equipment::new(outside, portal.clock.clone())
    })
}

/// Ends the open pages' listening when the portal stops: they would keep it waiting.
async fn end_listening(portal: Arc<Portal>, mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
    portal.live.close();
}

/// The name beside the brand; the demo company has one of its own.
fn organisation(settings: &Settings) -> String {
    if settings.demo && settings.organisation.is_empty() {
        crate::demo::COMPANY.into()
    } else {
        settings.organisation.clone()
    }
}

/// What a browser on this machine can open.
pub(super) fn base_url(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("http://localhost:{}", address.port())
    } else {
        format!("http://{address}")
    }
}

fn is_loopback(base_url: &str) -> bool {
    url::Url::parse(base_url).is_ok_and(|url| match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    })
}

async fn cluster_failed(cluster: Option<&Cluster>) -> String {
    match cluster {
        Some(cluster) => cluster.failed().await,
        None => std::future::pending().await,
    }
}

/// Turns true at the first SIGTERM or Ctrl-C; the second one ends the process at once.
fn signals() -> Result<watch::Receiver<bool>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (tell, told) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        tracing::info!("stopping; requests in flight may finish");
        tell.send_replace(true);
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        eprintln!("portolan: told to stop a second time; stopping at once");
        std::process::exit(130);
    });
    Ok(told)
}
