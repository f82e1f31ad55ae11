//! Alerts, told to integrations of many teams as monitoring tells them: some that are new and open a page each, and some
//! that are told again and again. An answer comes after the commit, so what is counted here is kept.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::{
    generate::Catalog,
    load::{self, Cell, Client, Requests, Spent},
    workload::Caller,
};

/// Integrations: each takes only so much in a minute.
const INTEGRATIONS: usize = 50;
/// Alerts that are new. More than can be taken in while it lasts.
const NEW: usize = 20_000;
/// Alerts that are told again.
const AGAIN: usize = 200;
const CONNECTIONS: usize = 8;
const LASTS: Duration = Duration::from_secs(5);

/// What will be told.
#[derive(Debug)]
pub(crate) struct Alerts {
    new: Requests,
    again: Requests,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Intake {
    /// Of alerts that are new.
    pub(crate) new: Cell,
    /// Of alerts that are told again.
    pub(crate) again: Cell,
}

impl Alerts {
    /// Makes the integrations.
    pub(crate) async fn prepare(port: u16, caller: &Caller, catalog: &Catalog) -> Result<Self> {
        let bearer = format!("Bearer {}", caller.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let mut client = Client::connect(port).await?;
        let mut paths = Vec::with_capacity(INTEGRATIONS);
        for team in catalog.teams.iter().cycle().take(INTEGRATIONS) {
            let new = json!({ "team": team, "kind": "generic", "name": "Monitoring" }).to_string();
            let answer =
                client.send(&load::request("POST", "/api/v1/alert-integrations", &headers, &new)).await?;
            let body = client.body(answer);
            if answer.status != 201 {
                bail!("an integration was refused: {}{body}", client.head(answer));
            }
            let made: Value = serde_json::from_str(&body)?;
            let url = made["url"].as_str().context("no address")?;
            let at = url.find("/api/").context("no path")?;
            paths.push(url[at..].to_owned());
        }
        let tell = |n: usize, key: &str| {
            let service = &catalog.services[n % catalog.services.len()];
            let alert = json!({
                "dedup_key": format!("{key}-{n}"), "status": "firing", "severity": "critical", "service": service,
                "summary": format!("Requests of {service} fail"), "link": "https://monitoring.example.org/graph",
            });
            let headers = [("content-type", "application/json")];
            load::request("POST", &paths[n % paths.len()], &headers, &alert.to_string())
        };
        Ok(Self {
            new: Arc::new((0..NEW).map(|n| tell(n, "new")).collect()),
            again: Arc::new((0..AGAIN).map(|n| tell(n, "again")).collect()),
        })
    }

    /// Tells them.
    pub(crate) async fn tell(&self, port: u16) -> Result<Intake> {
        let told = async |requests: &Requests| -> Result<Cell> {
            Ok(load::drive(port, requests, CONNECTIONS, LASTS).await?.cell(Spent::default()))
        };
        // the first time each of them opens its page
        load::drive(port, &self.again, 1, Duration::from_secs(2)).await?;
        Ok(Intake { again: told(&self.again).await?, new: told(&self.new).await? })
    }
}
