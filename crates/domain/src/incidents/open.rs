//! Opening an incident and correcting what was said of it.

use jiff::{SignedDuration, Timestamp};

use super::{EntryKind, Incident, NoticedBy, Role, SloSaw, State, read::locked, rights, store, tell};
use crate::{
    Cx, EntityId, Error, IncidentId, PageId, Problem, Result, TeamId,
    activity::{self, Act, Changed},
    catalog::{self, EntityRef, Party, Summary},
    check::Checks,
    paging::{self, Paged, Severity},
    people,
};

/// The most things that one incident names.
const MOST_AFFECTED: usize = 30;
/// The longest text of an incident.
pub(super) const LONGEST: usize = 20_000;
/// A clock may be a little fast.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// What is said of a new incident. Only a title, a severity, and a team or something it hurts are needed; and what is not
/// said of one that is opened from a page is what the page says.
#[derive(Debug, Clone)]
pub struct NewIncident {
    /// What it is, in a line.
    pub title: String,
    /// 1, the worst, to 4.
    pub severity: Option<i16>,
    /// Slug of the team that runs it; the owner of the first thing it hurts, if not said.
    pub team: Option<String>,
    /// What it hurts: references, or names of components.
    pub affected: Vec<String>,
    /// Who noticed it first.
    pub noticed_by: NoticedBy,
    /// Whether an objective saw it. None: as the catalog knows, or it is asked at the review.
    pub slo_saw: Option<SloSaw>,
    /// When it began to hurt; now, if not said.
    pub began_at: Option<Timestamp>,
    /// Where people meet about it.
    pub link: Option<String>,
    /// The page it is opened from: its number, or its key.
    pub page: Option<String>,
    /// What is known so far, Markdown.
    pub text: String,
}

/// What to correct; nothing given, nothing changed.
#[derive(Debug, Clone, Default)]
pub struct IncidentEdit {
    /// What it is, in a line.
    pub title: Option<String>,
    /// 1, the worst, to 4.
    pub severity: Option<i16>,
    /// What it hurts.
    pub affected: Option<Vec<String>>,
    /// Who noticed it first.
    pub noticed_by: Option<NoticedBy>,
    /// Whether an objective saw it.
    pub slo_saw: Option<SloSaw>,
    /// When it began to hurt.
    pub began_at: Option<Timestamp>,
    /// Where people meet about it.
    pub link: Option<Option<String>>,
}

/// An incident as it is written down.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) title: String,
    pub(super) severity: i16,
    pub(super) noticed_by: NoticedBy,
    pub(super) slo_saw: SloSaw,
    pub(super) began_at: Timestamp,
    pub(super) link: Option<String>,
    pub(super) page_id: Option<PageId>,
}

/// Opens an incident. Anybody signed in may: whoever sees the smoke. They lead it until somebody else does.
pub async fn open(cx: &mut Cx<'_>, new: NewIncident) -> Result<Incident> {
    let me = cx.writer()?;
    let mut checks = Checks::default();
    let (new, page_id) = with_page(cx, &mut checks, new).await?;
    let title = checks.line("title", &new.title, 160);
    let severity = severity(&mut checks, new.severity.unwrap_or_default());
    let began_at = new.began_at.map_or(cx.now(), |at| past(&mut checks, "began_at", at, cx.now()));
    let link = checks.link("link", new.link.as_deref());
    let text = checks.text("text", &new.text, LONGEST);
    let affected = affected(cx, &mut checks, &new.affected).await?;
    let slo_saw = saw(cx, new.slo_saw, &keys(&affected)).await?;
    let noticed_by = new.noticed_by;
    let checked = Checked { title, severity, noticed_by, slo_saw, began_at, link, page_id };
    let team = run_by(cx, &mut checks, new.team.as_deref(), &affected).await?;
    checks.done()?;
    let Some(team) = team else { return Err(Error::invalid("team", "is needed")) };
    if let Some(page) = page_id {
        let lasting = super::Filter { page: Some(page), lasting: true, ..super::Filter::default() };
        let known = super::list(cx, &lasting, None, crate::Limit::new(1)?).await?.items;
        if let Some(Incident { number, .. }) = known.first() {
            return Err(Error::Conflict(format!(
                "incident {number} was opened from this page and lasts: go on there"
            )));
        }
    }
    cx.atomically(async |cx| {
        let id = IncidentId::new();
        let number = store::insert(cx, id, team, &checked).await?;
        store::set_affected(cx, id, &keys(&affected)).await?;
        store::add_entry(cx, id, EntryKind::Opened, cx.now(), &text).await?;
        store::add_role(cx, id, Role::Lead, me).await?;
        let incident = locked(cx, number).await?;
        let act = Act {
            note: incident.title.clone(),
            changes: vec![Changed::new("severity", serde_json::Value::Null, incident.severity)],
            ..Act::new("incident.opened", incident.subject())
        };
        activity::record(cx, act).await?;
        tell::opened(cx, &incident).await?;
        Ok(incident)
    })
    .await
}

/// What was said, with what the page says of it where nothing was.
async fn with_page(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    new: NewIncident,
) -> Result<(NewIncident, Option<PageId>)> {
    let Some(page) = new.page.as_deref().map(str::trim).filter(|p| !p.is_empty()) else {
        return Ok((new, None));
    };
    let drawn = match from_page(cx, page).await {
        Ok(drawn) => drawn,
        Err(Error::NotFound { .. }) => {
            checks.problem("page", format!("must be the number or key of a page; there is no page {page:?}"));
            return Ok((new, None));
        }
        Err(error) => return Err(error),
    };
    let no_team = new.team.as_deref().is_none_or(|t| t.trim().is_empty());
    let nothing = new.affected.iter().all(|word| word.trim().is_empty());
    let filled = NewIncident {
        title: if new.title.trim().is_empty() { drawn.title } else { new.title },
        severity: new.severity.or(Some(drawn.severity)),
        team: if no_team && nothing { Some(drawn.page.team.slug.clone()) } else { new.team },
        affected: if nothing { drawn.affected.into_iter().collect() } else { new.affected },
        began_at: new.began_at.or(Some(drawn.page.opened_at)),
        ..new
    };
    Ok((filled, Some(drawn.page.id)))
}

/// What a page says of the incident that is opened from it.
#[derive(Debug, Clone)]
pub struct FromPage {
    /// The page.
    pub page: Paged,
    /// What it is, in a line.
    pub title: String,
    /// As bad as the page is.
    pub severity: i16,
    /// What the page is about, if that is still in the catalog.
    pub affected: Option<String>,
    /// Who noticed it: a machine, unless somebody paged.
    pub noticed_by: NoticedBy,
}

/// What a page (by number or key) says of the incident that is opened from it.
pub async fn from_page(cx: &mut Cx<'_>, page: &str) -> Result<FromPage> {
    let id = paging::find(cx, page).await?;
    let page = paging::paged(cx, id).await?;
    Ok(FromPage {
        title: page.summary.chars().take(160).collect(),
        severity: match page.severity {
            Severity::Critical => 1,
            Severity::Error | Severity::Unknown => 2,
            Severity::Warning | Severity::Info => 3,
        },
        affected: page.entity_ref.clone().filter(|_| page.entity_id.is_some()),
        noticed_by: if page.raised_by.is_some() { NoticedBy::Employee } else { NoticedBy::Alert },
        page,
    })
}

/// What the catalog knows of the objectives of what an incident hurts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Objectives {
    /// Nothing is named that the catalog knows.
    Unknown,
    /// None is declared.
    None,
    /// These declare some.
    Declared(Vec<String>),
}

/// What is declared for what these words name; words that name nothing are passed over.
pub async fn objectives(cx: &mut Cx<'_>, words: &[String]) -> Result<Objectives> {
    cx.reader()?;
    let refs: Vec<EntityRef> = words
        .iter()
        .take(MOST_AFFECTED)
        .filter_map(|word| EntityRef::parse(word.trim(), Some("component"), "default").ok())
        .collect();
    let found: Vec<Summary> = catalog::by_refs(cx, &refs).await?.into_iter().flatten().collect();
    declared(cx, &keys(&found)).await
}

async fn declared(cx: &mut Cx<'_>, entities: &[EntityId]) -> Result<Objectives> {
    if entities.is_empty() {
        return Ok(Objectives::Unknown);
    }
    let names = store::with_objectives(cx, entities).await?;
    Ok(if names.is_empty() { Objectives::None } else { Objectives::Declared(names) })
}

/// Whether an objective saw it, as somebody said, or as the catalog knows; else it is asked at the review.
async fn saw(cx: &mut Cx<'_>, said: Option<SloSaw>, affected: &[EntityId]) -> Result<SloSaw> {
    if let Some(said) = said {
        return Ok(said);
    }
    Ok(match declared(cx, affected).await? {
        Objectives::None => SloSaw::NoneDeclared,
        Objectives::Unknown | Objectives::Declared(_) => SloSaw::Unknown,
    })
}

/// Corrects what was said of an incident.
pub async fn edit(
    cx: &mut Cx<'_>,
    number: i64,
    edit: IncidentEdit,
    version: Option<i64>,
) -> Result<Incident> {
    cx.writer()?;
    let mut checks = Checks::default();
    let affected = match &edit.affected {
        Some(names) => Some(affected(cx, &mut checks, names).await?),
        None => None,
    };
    let now = cx.now();
    cx.atomically(async |cx| {
        let before = locked(cx, number).await?;
        rights::require(cx, &before).await?;
        if version.is_some_and(|seen| seen != before.version) {
            return Err(Error::Stale);
        }
        let mut checks = std::mem::take(&mut checks);
        let new = Checked {
            title: edit.title.as_ref().map_or(before.title.clone(), |t| checks.line("title", t, 160)),
            severity: edit.severity.map_or(before.severity, |s| severity(&mut checks, s)),
            noticed_by: edit.noticed_by.unwrap_or(before.noticed_by),
            slo_saw: edit.slo_saw.unwrap_or(before.slo_saw),
            began_at: edit.began_at.map_or(before.began_at, |at| past(&mut checks, "began_at", at, now)),
            link: match &edit.link {
                Some(link) => checks.link("link", link.as_deref()),
                None => before.link.clone(),
            },
            page_id: before.page_id,
        };
        let first_end = before.mitigated_at.or(before.ended_at);
        if first_end.is_some_and(|end| new.began_at > end) {
            checks.problem("began_at", "must not be after it ceased to hurt");
        }
        checks.done()?;
        let mut changes = differences(&before, &new);
        if let Some(affected) = &affected {
            let refs: Vec<String> = affected.iter().map(|e| e.reference.to_string()).collect();
            let were: Vec<String> = before.affected.iter().map(|a| a.entity_ref.clone()).collect();
            if sorted(&refs) != sorted(&were) {
                changes.push(Changed::new("affected", were, refs));
                store::set_affected(cx, before.id, &keys(affected)).await?;
            }
        }
        if changes.is_empty() {
            return Ok(before);
        }
        store::update(cx, before.id, &new).await?;
        if new.severity != before.severity {
            let words = format!("{} → {}", before.severity, new.severity);
            store::add_entry(cx, before.id, EntryKind::Severity, now, &words).await?;
        }
        activity::record(cx, Act { changes, ..Act::new("incident.edited", before.subject()) }).await?;
        locked(cx, number).await
    })
    .await
}

fn differences(before: &Incident, new: &Checked) -> Vec<Changed> {
    let pairs = [
        ("title", before.title.clone(), new.title.clone()),
        ("severity", before.severity.to_string(), new.severity.to_string()),
        ("noticed_by", before.noticed_by.as_str().into(), new.noticed_by.as_str().into()),
        ("slo_saw", before.slo_saw.as_str().into(), new.slo_saw.as_str().into()),
        ("began_at", before.began_at.to_string(), new.began_at.to_string()),
        ("link", before.link.clone().unwrap_or_default(), new.link.clone().unwrap_or_default()),
    ];
    pairs
        .into_iter()
        .filter(|(_, from, to)| from != to)
        .map(|(f, from, to)| Changed::new(f, from, to))
        .collect()
}

fn sorted(texts: &[String]) -> Vec<&str> {
    let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    texts.sort_unstable();
    texts
}

fn keys(affected: &[Summary]) -> Vec<EntityId> {
    affected.iter().map(|e| e.id).collect()
}

fn severity(checks: &mut Checks, severity: i16) -> i16 {
    if !(1..=4).contains(&severity) {
        checks.problem("severity", "must be 1, the worst, to 4");
    }
    severity
}

/// An instant that has been.
pub(super) fn past(checks: &mut Checks, field: &str, at: Timestamp, now: Timestamp) -> Timestamp {
    if at > now.saturating_add(AHEAD).unwrap_or(now) {
        checks.problem(field, "lies in the future");
    }
    at
}

/// What these words name.
async fn affected(cx: &mut Cx<'_>, checks: &mut Checks, words: &[String]) -> Result<Vec<Summary>> {
    let words: Vec<&str> = words.iter().map(|w| w.trim()).filter(|w| !w.is_empty()).collect();
    if words.len() > MOST_AFFECTED {
        checks.problem("affected", format!("may be {MOST_AFFECTED} at most; name what most rests on"));
        return Ok(Vec::new());
    }
    let mut refs: Vec<EntityRef> = Vec::new();
    for (nth, word) in words.iter().enumerate() {
        match EntityRef::parse(word, Some("component"), "default") {
            Ok(reference) if !refs.contains(&reference) => refs.push(reference),
            Ok(_) => {}
            Err(problem) => checks.problem(&format!("affected[{nth}]"), problem.to_string()),
        }
    }
    let found = catalog::by_refs(cx, &refs).await?;
    for (reference, known) in refs.iter().zip(&found) {
        if known.is_none() {
            checks.problem("affected", format!("names {reference}, which is not in the catalog"));
        }
    }
    Ok(found.into_iter().flatten().collect())
}

async fn run_by(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    team: Option<&str>,
    affected: &[Summary],
) -> Result<Option<TeamId>> {
    if let Some(slug) = team.map(str::trim).filter(|t| !t.is_empty()) {
        return match people::team(cx, slug).await {
            Ok(team) => Ok(Some(team.id)),
            Err(Error::NotFound { .. }) => {
                checks.problem("team", format!("is not known here: there is no team {slug:?}"));
                Ok(None)
            }
            Err(error) => Err(error),
        };
    }
    let owner = affected.iter().find_map(|e| match e.owner.as_ref()?.party.as_ref()? {
        Party::Team { id, .. } => Some(*id),
        Party::Person { .. } => None,
    });
    if owner.is_none() {
        checks.problem("team", "is needed: say who runs it, or name something with an owner that it hurts");
    }
    Ok(owner)
}

/// What a text of an incident must keep.
pub(super) fn said(field: &str, text: &str, needed: bool) -> Result<String> {
    let mut checks = Checks::default();
    let text = checks.text(field, text, LONGEST);
    checks.done()?;
    if needed && text.is_empty() {
        return Err(Error::Invalid(vec![Problem {
            field: field.into(),
            message: "is needed: say something".into(),
        }]));
    }
    Ok(text)
}

impl Incident {
    /// Whether it still lasts.
    pub fn lasts(&self) -> bool {
        State::lasts(self.state)
    }
}
