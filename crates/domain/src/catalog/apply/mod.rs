//! Taking descriptors in: read, hold against what is there, write what differs.
//!
//! One apply is one transaction, and one apply runs at a time. The rules:
//!
//! - The same thing again changes nothing and writes no history.
//! - A rejected document stops no other, unless the apply is `atomic`.
//! - A source owns what it brought in. Another source that claims it is refused, and both are named; what a source no
//!   longer names (orphaned) may be taken over.
//! - What was managed in the portal is adopted by the first source that describes it: the descriptor's word is in
//!   force from then on, and facts set in the portal stay wherever it is silent.
//! - The declared owner starts the ownership. A hand-over in the portal wins until the declared owner *changes*.
//! - `prune` marks what the source no longer names as orphaned. An apply deletes nothing; what comes back is whole again.
//!   An apply of nothing never prunes, nor does one with a document that could not be taken in.
//! - Admins apply everything. Others apply what belongs to, and stays with, a team they may speak for; Groups and Users
//!   are for admins.

mod difference;
mod plan;
mod report;
mod seeds;
mod write;

use super::{
    descriptor::{self, File, Format},
    store::apply as store,
};
use crate::{
    Actor, Cx, Error, Result, TeamId, Via,
    activity::{self, Act},
};

pub use report::{Counts, Item, Outcome, Report};

pub(super) use difference::difference;
use plan::Plan;

/// What to apply, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// The files.
    pub files: Vec<File>,
    /// Name of the source: it owns what it brings in.
    pub source: String,
    /// Do everything, then take it back.
    pub dry_run: bool,
    /// All documents, or none.
    pub atomic: bool,
    /// This is all that the source has: what is missing is marked orphaned.
    pub prune: bool,
}

impl Request {
    /// A stream of YAML documents of a source, applied as it comes.
    pub fn yaml(source: &str, text: impl Into<String>) -> Self {
        let file = File { location: None, format: Format::Yaml, bytes: text.into().into_bytes() };
        Self { files: vec![file], source: source.into(), dry_run: false, atomic: false, prune: false }
    }
}

/// Applies descriptors; see the module for the rules. What was refused as a whole is told by the report.
pub async fn apply(cx: &mut Cx<'_>, request: Request) -> Result<Report> {
    if cx.admin().is_err() {
        cx.writer()?;
    }
    check_source(&request.source)?;
    let Request { files, source, dry_run, atomic, prune } = request;
    let reading = tokio::task::spawn_blocking(move || descriptor::read(&files)).await;
    let documents = reading
        .map_err(|_| Error::Unavailable("reading the descriptors was interrupted; try again".into()))??;
    if prune && documents.is_empty() {
        return Err(Error::invalid(
            "documents",
            "are none at all; with prune that would orphan everything of the source, so it is refused",
        ));
    }
    let actor = acting_for_apply(cx.actor());
    let mut cx = cx.acting(&actor);
    let mut plan = Plan::new(source, documents);
    let damaged = plan.report.counts().rejected > 0;
    let done = cx
        .atomically(async |cx| {
            run(cx, &mut plan, prune && !damaged).await?;
            plan.report.dry_run = dry_run;
            plan.report.refused = refusal(&plan.report, atomic, prune && damaged);
            // an error takes the transaction back; the report has been made
            if dry_run || plan.report.refused.is_some() { Err(Error::Stale) } else { Ok(()) }
        })
        .await;
    match done {
        Err(Error::Stale) if plan.report.dry_run || plan.report.refused.is_some() => Ok(plan.report),
        Err(e) => Err(e),
        Ok(()) => Ok(plan.report),
    }
}

/// Deletes what a source brought in, of these references and of this team: what was made by a run that is undone, or belongs to
/// what is removed. What another source took over or another team owns by now stays. For Portolan itself.
pub(crate) async fn withdraw(
    cx: &mut Cx<'_>,
    source: &str,
    references: &[String],
    team: TeamId,
) -> Result<()> {
    cx.admin()?;
    if references.is_empty() {
        return Ok(());
    }
    cx.atomically(async |cx| {
        store::lock(cx).await?;
        let gone = store::withdraw(cx, source, references, team).await?;
        let acts = gone.iter().map(|(id, reference)| Act {
            entity_id: Some(*id),
            ..Act::new("entity.deleted", reference.as_str())
        });
        activity::record_all(cx, acts.collect()).await
    })
    .await
}

fn check_source(name: &str) -> Result<()> {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let inside = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._/-".contains(&b));
    if name.len() <= 128 && edge(name.chars().next()) && edge(name.chars().last()) && inside {
        return Ok(());
    }
    Err(Error::invalid(
        "source",
        "must be a name such as github.com/acme/catalog: 1 to 128 lower-case letters, digits, `.`, `_`, `/` or `-`, a letter or digit at both ends",
    ))
}

/// A person's acts are logged as coming through an apply; the system and the operator stay what they are.
fn acting_for_apply(actor: &Actor) -> Actor {
    let via = if actor.person.is_some() { Via::Apply } else { actor.via };
    Actor { via, ..actor.clone() }
}

fn refusal(report: &Report, atomic: bool, damaged_prune: bool) -> Option<String> {
    let rejected = report.counts().rejected;
    let was = if rejected == 1 {
        "1 document was rejected".to_owned()
    } else {
        format!("{rejected} documents were rejected")
    };
    if damaged_prune {
        return Some(format!(
            "nothing was written: {was}, and what is missing cannot be told from what is damaged; mend them, or apply without prune"
        ));
    }
    (atomic && rejected > 0).then(|| format!("nothing was written: {was}, and this apply is all or nothing"))
}

async fn run(cx: &mut Cx<'_>, plan: &mut Plan, prune: bool) -> Result<()> {
    store::lock_for_long(cx).await?;
    let source = store::source(cx, &plan.report.source).await?;
    let now = store::known(cx, &plan.refs()).await?;
    plan.decide(source, now);
    plan.ask(cx).await?;
    write::write(cx, plan, source).await?;
    if prune {
        write::prune(cx, plan, source).await?;
    }
    // a source of which nothing was taken in is no fresher than before
    if plan.report.items.iter().any(|item| item.outcome != Outcome::Rejected) {
        store::applied(cx, source).await?;
    }
    Ok(())
}
