//! `portolan serve`.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Result;
use portolan_domain::{Clock, Db, Portal, people::Callers, usage};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinSet,
};

use crate::{
    database::{Beside, Database},
    embedded::Cluster,
    http, seal,
    settings::Settings,
    telemetry, worker,
};

/// Usage events that may wait for their writer.
const USAGE_ROOM: usize = 4096;

/// Starts the portal and runs it until it is told to stop.
pub(crate) async fn run(settings: Settings) -> Result<()> {
    let stop = signals()?;
    let listener = http::bind(settings.listen).await?;
    let address = listener.local_addr()?;
    let database = Database::open(&settings, Beside::Refuse).await?;
    let metrics = telemetry::metrics()?;
    let (portal, _usage) = portal(&settings, &database, address)?;

    let mut background = JoinSet::new();
    background.spawn(worker::run(Arc::clone(&portal), settings.clone(), metrics.clone()));
    let app = http::app(Arc::clone(&portal), metrics, settings.request_timeout);
    println!("Portolan is at {}", portal.base_url);

    let result = tokio::select! {
        result = http::serve(listener, app, stop, settings.shutdown_timeout) => result,
        reason = cluster_failed(database.cluster.as_ref()) => Err(anyhow::Error::msg(reason)),
    };
    background.shutdown().await;
    let closed = tokio::time::timeout(Duration::from_secs(60), database.close()).await;
    result?;
    closed?
}

fn portal(
    settings: &Settings,
    database: &Database,
    address: SocketAddr,
) -> Result<(Arc<Portal>, tokio::sync::mpsc::Receiver<usage::Event>)> {
    let (recorder, events) = usage::Recorder::new(USAGE_ROOM);
    let base_url = settings.base_url.clone().unwrap_or_else(|| base_url(address));
    let portal = Portal {
        db: Db::new(database.pool.clone()),
        clock: Clock::system(),
        callers: Callers::default(),
        usage: recorder,
        demo_sign_in: settings.demo && address.ip().is_loopback() && is_loopback(&base_url),
        base_url,
        organisation: settings.organisation.clone(),
        sealing_key: seal::key(settings)?,
    };
    Ok((Arc::new(portal), events))
}

/// What a browser on this machine can open.
fn base_url(address: SocketAddr) -> String {
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
