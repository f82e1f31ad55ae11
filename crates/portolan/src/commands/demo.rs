//! The demo company, Fairhaven: loaded through the same door as any other catalog, with a past.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, bail};
use jiff::{SignedDuration, Timestamp};
use portolan_domain::{
    Actor, Clock, Db, Limit, Scope, Via,
    catalog::{
        EntityRef,
        apply::{self, Request},
        descriptor::{File, Format},
        ownership,
    },
    changes::{self, NewChange},
    people::{self, PersonEdit},
};
use rust_embed::RustEmbed;
use serde::Deserialize;

use super::quiet;
use crate::{
    cli::Store,
    database::{Beside, Database},
};

/// The files of the demo company.
#[derive(RustEmbed)]
#[folder = "../../demo"]
struct Files;

/// Name of its source.
const SOURCE: &str = "fairhaven/catalog";

/// Days ago when its catalog was first applied, and when the retired service went from it.
const FIRST: i64 = 120;
const RETIRED: i64 = 14;

/// A deployment; times are counted back from now.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    entity: String,
    environment: String,
    version: String,
    commit: Option<String>,
    deployed_by: String,
    reviewed_by: Option<String>,
    started: String,
    took: Option<String>,
    status: String,
    #[serde(default)]
    outcome: String,
    link: Option<String>,
}

/// Something that somebody did in the portal.
#[derive(Debug, Deserialize)]
struct Act {
    at: String,
    by: String,
    make_admin: Option<String>,
    #[serde(default)]
    confirm: Vec<String>,
    #[serde(default)]
    deactivate: Vec<String>,
    hand_over: Option<HandOver>,
}

#[derive(Debug, Deserialize)]
struct HandOver {
    entity: String,
    to: String,
    reason: String,
}

/// `portolan demo`.
pub(super) async fn run(flags: Store) -> Result<()> {
    let database = Database::open(&quiet(&flags)?, Beside::Join).await?;
    let db = Db::new(database.pool.clone());
    let loaded = if is_empty(&db).await? { load(&db).await.map(|()| true) } else { Ok(false) };
    database.close().await?;
    if !loaded? {
        bail!("the portal is not empty: the demo company is only loaded into an empty one");
    }
    println!("Fairhaven is there: portolan serve --demo lets you sign in as one of its people");
    Ok(())
}

/// Loads the demo company if there is nobody yet.
pub(super) async fn load_into_empty(db: &Db) -> Result<()> {
    if is_empty(db).await? { load(db).await } else { Ok(()) }
}

async fn is_empty(db: &Db) -> Result<bool> {
    let mut call = db.call(Actor::system(), Clock::system().now()).await?;
    Ok(people::people(&mut call.cx(), &people::PeopleFilter::default(), None, Limit::default()).await?.total
        == 0)
}

async fn load(db: &Db) -> Result<()> {
    let began = std::time::Instant::now();
    let now = Clock::system().now();
    let days = |days: i64| now - SignedDuration::from_hours(24 * days);
    let (current, retired) = (files("catalog/")?, files("retired/")?);
    apply(db, days(FIRST), [current.clone(), retired].concat(), false).await?;
    let mut pruned = false;
    for act in parse::<Vec<Act>>("acts.yaml")? {
        let at = now - ago(&act.at)?;
        if !pruned && at > days(RETIRED) {
            apply(db, days(RETIRED), current.clone(), true).await?;
            pruned = true;
        }
        perform(db, at, &act).await.with_context(|| format!("demo: what {} did at {}", act.by, act.at))?;
    }
    let mut call = db.call(Actor::system(), now).await?;
    for change in parse::<Vec<Change>>("changes.yaml")?.into_iter().rev() {
        let what = format!("demo: {} {}", change.entity, change.version);
        changes::record(&mut call.cx(), told(change, now)?).await.context(what)?;
    }
    drop(call);
    apply(db, now, current, true).await?; // as fresh as a catalog that is applied at every merge
    tracing::info!(elapsed = ?began.elapsed(), "the demo company is loaded");
    Ok(())
}

async fn apply(db: &Db, at: Timestamp, files: Vec<File>, prune: bool) -> Result<()> {
    let mut call = db.call(Actor::system(), at).await?;
    let request = Request { files, source: SOURCE.to_owned(), dry_run: false, atomic: true, prune };
    let report = apply::apply(&mut call.cx(), request).await?;
    match report.refused {
        Some(reason) => {
            bail!("demo: {reason}: {:?}", report.items.iter().find(|item| !item.problems.is_empty()))
        }
        None => Ok(()),
    }
}

/// Does an act as the person who did it, with the rights that they have.
async fn perform(db: &Db, at: Timestamp, act: &Act) -> Result<()> {
    let actor = match act.by.as_str() {
        "system" => Actor::system(),
        handle => {
            let mut call = db.call(Actor::system(), at).await?;
            Actor::person(&people::person(&mut call.cx(), handle).await?, Scope::Admin, Via::Page)
        }
    };
    let mut call = db.call(actor, at).await?;
    let cx = &mut call.cx();
    if let Some(handle) = &act.make_admin {
        people::edit_person(cx, handle, PersonEdit { admin: Some(true), ..PersonEdit::default() }, None)
            .await?;
    }
    for reference in &act.confirm {
        ownership::confirm(cx, &full(reference)?).await?;
    }
    for handle in &act.deactivate {
        people::edit_person(cx, handle, PersonEdit { active: Some(false), ..PersonEdit::default() }, None)
            .await?;
    }
    if let Some(HandOver { entity, to, reason }) = &act.hand_over {
        ownership::hand_over(cx, &full(entity)?, &full(to)?, reason, None).await?;
    }
    Ok(())
}

fn full(reference: &str) -> Result<String> {
    let parsed = EntityRef::parse(reference, Some("component"), "default");
    Ok(parsed.map_err(|problem| anyhow::anyhow!("{reference}: {problem:?}"))?.as_str().to_owned())
}

fn told(change: Change, now: Timestamp) -> Result<NewChange> {
    let started = now - ago(&change.started)?;
    let finished = change.took.as_deref().map(ago).transpose()?.map(|took| started + took);
    Ok(NewChange {
        entity_ref: change.entity,
        environment: change.environment,
        version: change.version,
        commit: change.commit,
        deployed_by: change.deployed_by,
        reviewed_by: change.reviewed_by,
        started_at: Some(started),
        finished_at: finished,
        status: Some(change.status.parse()?),
        outcome: change.outcome,
        link: change.link,
        key: None,
    })
}

/// A time like -29m, -2h or -119d, without its sign.
fn ago(text: &str) -> Result<Duration> {
    let wrong = || format!("demo: {text:?} must be a time like -29m, -2h or -119d");
    let digits = text.trim_start_matches('-');
    let (number, unit) = digits.split_at_checked(digits.len().saturating_sub(1)).with_context(wrong)?;
    let seconds = match unit {
        "m" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => bail!(wrong()),
    };
    Ok(Duration::from_secs(number.parse::<u64>().ok().with_context(wrong)? * seconds))
}

/// The files of a folder, in order.
fn files(folder: &str) -> Result<Vec<File>> {
    let names = Files::iter().filter(|name| name.starts_with(folder) && name.ends_with(".yaml"));
    let found: BTreeMap<_, _> = names
        .filter_map(|name| Files::get(&name).map(|file| (name.into_owned(), file.data.into_owned())))
        .collect();
    if found.is_empty() {
        bail!("demo: there are no files in {folder}");
    }
    let file = |(name, bytes): (String, Vec<u8>)| File { location: Some(name), format: Format::Yaml, bytes };
    Ok(found.into_iter().map(file).collect())
}

fn parse<T: serde::de::DeserializeOwned>(name: &str) -> Result<T> {
    let file = Files::get(name).with_context(|| format!("demo: {name} is missing"))?;
    serde_saphyr::from_str(std::str::from_utf8(&file.data)?).with_context(|| format!("demo: {name}"))
}
