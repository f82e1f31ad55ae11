//! The demo company, Fairhaven the online grocer, as it is kept in `demo/` and built into the program.
//!
//! It comes in through the same doors as a real company: its descriptors through `apply`, its deployments through
//! `record`, and what its people did in the portal as acts of those people, with the rights they have.

mod help;
mod made;
mod pages;
mod review;
mod rota;
mod smoke;
mod story;
#[cfg(test)]
mod tests;
mod wins;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};
use jiff::{SignedDuration, Timestamp};
use portolan_domain::{
    Actor, Cx, Db, Limit, Scope, Via,
    catalog::{
        apply::{Report, Request, apply},
        descriptor::{File, Format},
        ownership,
    },
    changes, notify,
    people::{self, PeopleFilter, PersonEdit},
    settings::{self, Settings},
};
use rust_embed::RustEmbed;

use crate::worker;
use help::Helped;
use pages::Watched;
use smoke::Smoked;
use story::{Act, Change};

/// The files of the company.
#[derive(RustEmbed)]
#[folder = "../../demo"]
struct Files;

/// The company's name.
pub(crate) const COMPANY: &str = "Fairhaven";

/// Name of the source that the company's descriptors come from.
const SOURCE: &str = "git.fairhaven.example/fairhaven/catalog";
/// The company has used the portal for this long,
const BEGAN: SignedDuration = SignedDuration::from_hours(24 * 385);
/// its platform teams gave up the schemas that everybody shared this long ago,
const OFFERED_AGAIN: SignedDuration = SignedDuration::from_hours(24 * 130);
/// and its catalog was last read this long ago.
const LAST_READ: SignedDuration = SignedDuration::from_mins(14);

/// What was loaded.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// Entities of the catalog.
    pub(crate) entities: usize,
    /// Deployments.
    pub(crate) changes: usize,
}

/// Whether nobody uses the portal yet: the demo company goes into an empty portal only.
pub(crate) async fn is_empty(db: &Db, now: Timestamp) -> Result<bool> {
    let mut call = db.call(Actor::system(), now).await?;
    Ok(people::people(&mut call.cx(), &PeopleFilter::default(), None, Limit::default()).await?.total == 0)
}

/// Loads the demo company into an empty portal: all of it, or nothing.
pub(crate) async fn load(db: &Db, now: Timestamp) -> Result<Loaded> {
    ensure!(
        is_empty(db, now).await?,
        "the portal is not empty, and the demo company would mix with what is there: load it into an empty database or data folder"
    );
    let mut call = db.call(Actor::system(), now).await?;
    let mut loaded = Err(anyhow::anyhow!("nothing was loaded"));
    call.cx()
        .atomically(async |cx| {
            loaded = tell(cx).await;
            match &loaded {
                Ok(_) => Ok(()),
                Err(_) => Err(portolan_domain::Error::Stale), // takes everything back; the reason is in `loaded`
            }
        })
        .await
        .or_else(|error| if loaded.is_ok() { Err(error) } else { Ok(()) })?;
    loaded.context("the demo company could not be loaded")
}

/// One moment of the story.
enum Event {
    Act(Act),
    Change(Change),
    Help(help::Event),
    /// The offerings as they are today.
    Offer,
    Made(Box<made::Made>),
    Page(pages::Event),
    Schedule(rota::Schedule),
    Smoke(smoke::Event),
    /// A cycle of wins and challenges, so many ago.
    Wins(i64),
}

async fn tell(cx: &mut Cx<'_>) -> Result<Loaded> {
    let now = cx.now();
    let system = Actor::system();
    let mut began = cx.acting_at(&system, now - BEGAN);
    take_in(&mut began, descriptors(&["catalog/", "retired/"])?, false).await?;
    people::grant_demo_admin(&mut began).await?;
    let usual = settings::show(&mut began).await?;
    let own = Settings { cost_centre_annotation: "fairhaven.example/cost-centre".into(), ..usual };
    settings::change(&mut began, own).await?;
    let executors = worker::executors();
    made::offer(&mut began, &executors, true).await?;
    let mut events: Vec<_> =
        list::<Act>("acts.yaml")?.into_iter().map(|act| (act.at.before(now), Event::Act(act))).collect();
    events.extend(
        list::<Change>("changes.yaml")?
            .into_iter()
            .map(|change| (change.told_at(now), Event::Change(change))),
    );
    events.extend(smoke::events(now)?.into_iter().map(|(at, event)| (at, Event::Smoke(event))));
    events.extend(help::events(now)?.into_iter().map(|(at, event)| (at, Event::Help(event))));
    events.extend(pages::events(now)?.into_iter().map(|(at, event)| (at, Event::Page(event))));
    events.push((now - OFFERED_AGAIN, Event::Offer));
    events.extend(made::events(now)?.into_iter().map(|(at, made)| (at, Event::Made(Box::new(made)))));
    let schedules = list::<rota::Schedule>("schedules.yaml")?;
    events.extend(schedules.into_iter().map(|schedule| (schedule.at.before(now), Event::Schedule(schedule))));
    let mut year = wins::Year::new(now)?;
    events.extend(year.events()?.into_iter().map(|(at, ago)| (at, Event::Wins(ago))));
    events.sort_by_key(|(at, _)| *at);
    let mut made = Vec::new();
    let (mut helped, mut smoked, mut watched) = (Helped::default(), Smoked::default(), Watched::default());
    let changes = events.iter().filter(|(_, event)| matches!(event, Event::Change(_))).count();
    for (at, event) in events {
        match event {
            Event::Schedule(schedule) => {
                schedule.make(cx, now).await.with_context(|| format!("the schedule {}", schedule.slug))?;
                made.push(schedule);
            }
            Event::Offer => made::offer(&mut cx.acting_at(&system, at), &executors, false).await?,
            Event::Made(made) => Box::pin(made.happen(cx, at)).await.with_context(|| made.what())?,
            Event::Smoke(event) => smoked.happen(cx, event, at).await?,
            Event::Help(event) => helped.happen(cx, event, at).await?,
            Event::Page(event) => watched.happen(cx, event, at).await?,
            Event::Wins(ago) => Box::pin(year.happen(cx, ago)).await?,
            Event::Act(act) => perform(cx, &act, at).await.with_context(|| format!("{} at {at}", act.by))?,
            Event::Change(change) => {
                let what = format!("the change of {} to {}", change.entity, change.version);
                changes::record(&mut cx.acting_at(&system, at), change.told(now)?).await.context(what)?;
            }
        }
    }
    while portolan_domain::rota::renew_due(&mut cx.acting_at(&system, now)).await? > 0 {}
    for schedule in &made {
        schedule.cover(cx, now).await.with_context(|| format!("what covers {}", schedule.slug))?;
    }
    review::look_back(cx, now).await.context("what teams looked back on")?;
    let report =
        take_in(&mut cx.acting_at(&system, now - LAST_READ), descriptors(&["catalog/"])?, true).await?;
    year.catch_up(cx).await.context("what is due of wins and challenges")?;
    notify::told_then(cx).await?;
    Ok(Loaded { entities: report.items.len(), changes })
}

async fn take_in(cx: &mut Cx<'_>, files: Vec<File>, prune: bool) -> Result<Report> {
    let report =
        apply(cx, Request { files, source: SOURCE.into(), dry_run: false, atomic: true, prune }).await?;
    if report.refused.is_none() {
        return Ok(report);
    }
    let bad =
        report.items.iter().find(|item| !item.problems.is_empty()).context("refused without a problem")?;
    let place = format!("{}:{}", bad.location.as_deref().unwrap_or_default(), bad.line.unwrap_or_default());
    bail!("{place}: {} {}", bad.problems[0].field, bad.problems[0].message)
}

async fn perform(cx: &mut Cx<'_>, act: &Act, at: Timestamp) -> Result<()> {
    let actor = actor(cx, &act.by, at).await?;
    let cx = &mut cx.acting_at(&actor, at);
    for handle in &act.deactivate {
        people::edit_person(cx, handle, PersonEdit { active: Some(false), ..PersonEdit::default() }, None)
            .await?;
    }
    for entity in &act.confirm {
        ownership::confirm(cx, entity).await?;
    }
    if let Some(hand_over) = &act.hand_over {
        ownership::hand_over(cx, &hand_over.entity, &hand_over.to, &hand_over.reason, None).await?;
    }
    Ok(())
}

/// Whoever acts in the story.
async fn actor(cx: &mut Cx<'_>, by: &str, at: Timestamp) -> Result<Actor> {
    if by == "system" {
        return Ok(Actor::system());
    }
    let person = people::person(&mut cx.acting_at(&Actor::system(), at), by).await?;
    Ok(Actor::person(&person, Scope::Admin, Via::Page))
}

fn descriptors(folders: &[&str]) -> Result<Vec<File>> {
    let mut names: Vec<_> =
        Files::iter().filter(|name| folders.iter().any(|folder| name.starts_with(folder))).collect();
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let bytes = read(&name)?.into_bytes();
            let location = Some(name.trim_start_matches("catalog/").to_owned());
            Ok(File { location, format: Format::Yaml, bytes })
        })
        .collect()
}

fn list<T: serde::de::DeserializeOwned>(name: &str) -> Result<Vec<T>> {
    serde_saphyr::from_str(&read(name)?).with_context(|| name.to_owned())
}

fn read(name: &str) -> Result<String> {
    let file = Files::get(name).with_context(|| format!("{name} is not built in"))?;
    String::from_utf8(file.data.into_owned()).with_context(|| name.to_owned())
}

/// Lays out what the demo's offerings work with: templates, modules, and a place for repositories. Returns the folders by
/// their names.
pub(crate) fn lay_out(below: &Path) -> Result<BTreeMap<String, PathBuf>> {
    for name in Files::iter().filter(|name| name.starts_with("templates/") || name.starts_with("modules/")) {
        let to = below.join(name.as_ref());
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        let file = Files::get(&name).with_context(|| format!("{name} is not built in"))?;
        fs::write(&to, file.data).with_context(|| to.display().to_string())?;
    }
    fs::create_dir_all(below.join("repositories"))?;
    let names = ["templates", "modules", "repositories"];
    Ok(names.into_iter().map(|name| (name.to_owned(), below.join(name))).collect())
}
