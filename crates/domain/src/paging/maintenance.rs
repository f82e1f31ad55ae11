//! Planned work on a service: pages that would open are kept quiet and stay visible. What still fires when the window is
//! over goes on as a page.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    open::{self, step_job},
    policy::{may_read, unknown},
    record::{EventKind, NewEvent},
    store,
};
use crate::{
    Cursor, Cx, EntityId, Error, Limit, MaintenanceId, Page, PageId, Result, TeamId,
    activity::{self, Act, Changed},
    catalog::{self, EntityRef},
    check::Checks,
    page::Total,
    people,
    work::{self, NewJob},
};

/// The kind of job that lets pages go on when a window is over; its payload is a [`WindowJob`].
pub const WINDOW_OVER: &str = "maintenance.over";

/// The longest window: what takes longer is no maintenance.
const LONGEST: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How far ahead one may plan.
const FURTHEST: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Whose window is over.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct WindowJob {
    /// The window.
    pub window: MaintenanceId,
}

/// A maintenance window.
#[derive(Debug, Clone, Serialize)]
pub struct Window {
    /// Key.
    pub id: MaintenanceId,
    /// What is worked on.
    pub entity_id: EntityId,
    /// Its reference.
    pub entity_ref: String,
    /// Its title, else name.
    pub entity_title: String,
    /// The team that owns it.
    pub team_id: Option<TeamId>,
    /// First instant.
    pub starts_at: Timestamp,
    /// First instant after it; moved to the front when it is ended early.
    pub ends_at: Timestamp,
    /// Why.
    pub reason: String,
    /// Handle of who planned it.
    pub created_by: Option<String>,
    /// When.
    pub created_at: Timestamp,
    /// Handle of who ended it early.
    pub ended_by: Option<String>,
    /// When it was ended early.
    pub ended_at: Option<Timestamp>,
    /// Pages it keeps, or kept, quiet.
    pub kept_quiet: i64,
}

impl Window {
    /// Whether it is in force at this instant.
    pub fn is_at(&self, at: Timestamp) -> bool {
        self.starts_at <= at && at < self.ends_at
    }
}

/// Why a page is quiet.
pub(super) fn words(window: &Window) -> String {
    format!("Kept quiet by planned maintenance: {}", window.reason)
}

/// A window to be.
#[derive(Debug, Clone)]
pub struct NewWindow {
    /// What is worked on.
    pub entity: EntityRef,
    /// From when; now if none.
    pub from: Option<Timestamp>,
    /// Until when.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
}

/// Plans maintenance; whoever may edit the service may, and whoever operates it. Returns the window and those that overlap it.
pub async fn plan_maintenance(cx: &mut Cx<'_>, new: NewWindow) -> Result<(Window, Vec<Window>)> {
    let entity = catalog::get(cx, &new.entity).await.map_err(|e| unknown("entity", e))?;
    catalog::require_runs(cx, &entity, &format!("the maintenance of {}", entity.name)).await?;
    let from = new.from.unwrap_or(cx.now()).max(cx.now());
    let mut checks = Checks::default();
    let reason = checks.line("reason", &new.reason, 500);
    if new.until <= from {
        checks.problem("until", "must lie after its begin, and in the future");
    } else if new.until.duration_since(from) > LONGEST {
        checks
            .problem("until", "may be 14 days after its begin at most; what takes longer is no maintenance");
    }
    if from.duration_since(cx.now()) > FURTHEST {
        checks.problem("from", "may be a year ahead at most");
    }
    checks.done()?;
    let id = MaintenanceId::new();
    cx.atomically(async |cx| {
        store::maintenance::insert(cx, id, entity.id, (from, new.until), &reason).await?;
        let over = NewJob::new(WINDOW_OVER, WindowJob { window: id }).once(id.to_string());
        work::enqueue(cx, over.at(new.until)).await?;
        let changes = vec![
            Changed::new("from", serde_json::Value::Null, from.to_string()),
            Changed::new("until", serde_json::Value::Null, new.until.to_string()),
        ];
        let act = Act {
            entity_id: Some(entity.id),
            changes,
            note: reason.clone(),
            ..Act::new("maintenance.planned", entity.reference.as_str())
        };
        activity::record(cx, act).await
    })
    .await?;
    let overlapping = store::maintenance::overlapping(cx, entity.id, Some(id), (from, new.until)).await?;
    Ok((window(cx, id).await?, overlapping))
}

/// A window.
pub async fn window(cx: &mut Cx<'_>, id: MaintenanceId) -> Result<Window> {
    may_read(cx)?;
    store::maintenance::get(cx, id)
        .await?
        .ok_or_else(|| Error::not_found("maintenance window", id.to_string()))
}

/// Ends a window before its time, or calls it off. What it kept quiet and still fires goes on as a page at once.
pub async fn end_maintenance(cx: &mut Cx<'_>, id: MaintenanceId) -> Result<Window> {
    let old = window(cx, id).await?;
    let entity = old.entity_ref.parse().map_err(|_| Error::not_found("entity", &old.entity_ref))?;
    let entity = catalog::get(cx, &entity).await?;
    catalog::require_runs(cx, &entity, &format!("the maintenance of {}", old.entity_title)).await?;
    cx.atomically(async |cx| {
        if !store::maintenance::end(cx, id).await? {
            return Err(Error::Conflict("this window is over already".into()));
        }
        release(cx, &old).await?;
        let act = Act {
            entity_id: Some(old.entity_id),
            note: old.reason.clone(),
            ..Act::new("maintenance.ended", &old.entity_ref)
        };
        activity::record(cx, act).await
    })
    .await?;
    window(cx, id).await
}

/// Lets the pages go on that a window kept quiet, if it is over. For the worker.
pub async fn window_over(cx: &mut Cx<'_>, id: MaintenanceId) -> Result<()> {
    cx.admin()?;
    cx.atomically(async |cx| match store::maintenance::get(cx, id).await? {
        Some(window) if window.ends_at <= cx.now() => release(cx, &window).await,
        _ => Ok(()),
    })
    .await
}

/// Asks again for what windows keep quiet that are over: pages that were opened in the very moment one ended, and those
/// that a run had no room for. The worker calls it every minute.
pub async fn sweep_maintenance(cx: &mut Cx<'_>) -> Result<u64> {
    cx.admin()?;
    let over = store::maintenance::over_and_quiet(cx).await?;
    let jobs = over.iter().map(|id| NewJob::new(WINDOW_OVER, WindowJob { window: *id }).once(id.to_string()));
    work::enqueue_all(cx, jobs.collect()).await?;
    Ok(over.len() as u64)
}

/// A thousand pages at a time; a service that has more of them kept quiet has them released by the next run.
async fn release(cx: &mut Cx<'_>, window: &Window) -> Result<()> {
    let pages = store::page::lock_suppressed(cx, window.id).await?;
    if pages.is_empty() {
        return Ok(());
    }
    if let Some(other) =
        store::maintenance::in_force(cx, window.entity_id).await?.filter(|w| w.id != window.id)
    {
        store::page::suppress_by(cx, &pages, other.id).await?;
        return events(cx, &pages, EventKind::Suppressed, &words(&other)).await;
    }
    store::page::release(cx, &pages).await?;
    events(cx, &pages, EventKind::Released, "The maintenance is over, and it still fires").await?;
    work::enqueue_all(cx, pages.iter().map(|page| step_job(*page)).collect()).await
}

async fn events(cx: &mut Cx<'_>, pages: &[PageId], kind: EventKind, text: &str) -> Result<()> {
    let events: Vec<_> = pages.iter().map(|page| (*page, NewEvent::new(kind, text))).collect();
    open::happened(cx, &events).await
}

/// Which windows; empty means all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only of this entity (reference).
    pub entity: Option<String>,
    /// Only of what this team owns (slug).
    pub team: Option<String>,
    /// Only those that are not over.
    pub to_come: bool,
}

/// Windows, the last to end first.
pub async fn windows(
    cx: &mut Cx<'_>,
    filter: &Filter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Window>> {
    may_read(cx)?;
    let key = after.as_ref().map(Cursor::key::<(Timestamp, MaintenanceId)>).transpose()?;
    let team = match &filter.team {
        Some(slug) => Some(people::team(cx, slug).await?.id),
        None => None,
    };
    let rows = store::maintenance::list(cx, filter, team, key, limit).await?;
    let total = Total::bounded(store::maintenance::count(cx, filter, team, Total::MOST + 1).await?);
    Ok(Page::cut(rows, limit, total, after.as_ref(), |w| (w.ends_at, w.id)))
}

/// The windows of these entities that touch a span, at most so many.
pub async fn windows_around(
    cx: &mut Cx<'_>,
    entities: &[EntityId],
    from: Timestamp,
    until: Timestamp,
    most: i64,
) -> Result<Vec<Window>> {
    may_read(cx)?;
    store::maintenance::around(cx, entities, from, until, most).await
}

/// The windows of an entity that are in force or begin within a day, and those that overlap each other among them.
pub async fn windows_now(cx: &mut Cx<'_>, entity: EntityId) -> Result<Vec<Window>> {
    may_read(cx)?;
    let soon = cx.now() + SignedDuration::from_hours(24);
    windows_around(cx, &[entity], cx.now(), soon, 20).await
}
