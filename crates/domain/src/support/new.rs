//! Asking for help: what is needed, whose queue it goes to, what is promised.

use super::{Category, EventKind, OnDuty, Promise, Request, Urgency, clock, due, on_duty, store, tell};
use crate::{
    Cx, Error, PageId, Problem, Result, SupportRequestId,
    activity::{self, Act},
    catalog::{self, Entity, EntityRef, Party},
    check::{Checks, is_link},
    levels::{self, Decision, Engagement, Hours, Impact},
    people::{self, Team},
};

/// The most links of one request.
const MOST_LINKS: usize = 10;
/// The longest text of a request or of a word in its thread.
pub(super) const LONGEST: usize = 20_000;

/// What somebody asks. It is about a service (then its owner's team is asked, unless another is named), or of a team.
#[derive(Debug, Clone, Default)]
pub struct NewRequest {
    /// What it is about: a reference, or the name of a component.
    pub entity: Option<String>,
    /// Slug of the team that is asked.
    pub team: Option<String>,
    /// What it is, in a line.
    pub title: String,
    /// Where it happens.
    pub environment: String,
    /// How much it hurts.
    pub impact: Option<Impact>,
    /// What was tried.
    pub tried: String,
    /// What should come of it.
    pub wanted: String,
    /// Where to read on.
    pub links: Vec<String>,
    /// What kind of help it is.
    pub category: Option<Category>,
    /// The page it came from.
    pub page_id: Option<PageId>,
}

/// A request as it is written down.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) title: String,
    pub(super) environment: String,
    pub(super) impact: Impact,
    pub(super) tried: String,
    pub(super) wanted: String,
    pub(super) links: Vec<String>,
    pub(super) category: Category,
    pub(super) page_id: Option<PageId>,
}

/// What was asked, and when somebody looks at it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The request.
    pub request: Request,
    /// Now, or in support hours, and why.
    pub engagement: Engagement,
}

/// Asks for help. Anybody signed in may.
pub async fn ask(cx: &mut Cx<'_>, new: NewRequest) -> Result<Asked> {
    cx.writer()?;
    let (checked, (team, entity)) = match (new.checked(), asked_of(cx, &new).await) {
        (Ok(checked), Ok(asked)) => (checked, asked),
        (Err(Error::Invalid(mut all)), Err(Error::Invalid(more))) => {
            all.extend(more);
            return Err(Error::Invalid(all));
        }
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    let decision = levels::decide(cx, team.id, entity.as_ref(), checked.impact, &checked.environment).await?;
    let hours = Hours::of_team(cx, team.id).await?;
    cx.atomically(async |cx| {
        let assignee = on_duty(cx, team.id).await?.map(|duty| duty.person.id);
        let promise = promise_of(&decision);
        let due_at = due(clock(&[(cx.now(), EventKind::Asked)]).as_ref(), promise, &hours);
        let urgency = Urgency::of(decision.engagement.is_now(), entity.as_ref().and_then(|e| e.tier));
        let row = store::NewRow {
            id: SupportRequestId::new(),
            team: team.id,
            entity: entity.as_ref().map(|e| (e.id, e.reference.as_str())),
            urgency,
            promise,
            assignee,
            due_at,
        };
        let number = store::insert(cx, &row, &checked).await?;
        store::add_event(cx, row.id, EventKind::Asked, None, "").await?;
        let request = store::get(cx, number)
            .await?
            .ok_or_else(|| Error::not_found("support request", number.to_string()))?;
        let act = Act {
            entity_id: entity.as_ref().map(|e| e.id),
            note: request.title.clone(),
            ..Act::new("support.asked", request.subject())
        };
        activity::record(cx, act).await?;
        tell::of_new(cx, &request).await?;
        Ok(Asked { request, engagement: decision.engagement.clone() })
    })
    .await
}

/// Who would be asked, and when somebody would look at it.
#[derive(Debug, Clone)]
pub struct Foreseen {
    /// The team.
    pub team: Team,
    /// What it is about, if that is a thing of the catalog.
    pub entity: Option<Entity>,
    /// Now, or in support hours, by which level.
    pub decision: Decision,
    /// Who answers, now or when support hours begin.
    pub on_duty: Option<OnDuty>,
}

/// What would come of asking, without asking.
pub async fn foresee(
    cx: &mut Cx<'_>,
    entity: Option<&str>,
    team: Option<&str>,
    impact: Impact,
    environment: &str,
) -> Result<Foreseen> {
    cx.reader()?;
    let new = NewRequest {
        entity: entity.map(str::to_owned),
        team: team.map(str::to_owned),
        ..NewRequest::default()
    };
    let (team, entity) = asked_of(cx, &new).await?;
    let environment = environment.trim().to_lowercase();
    let decision = levels::decide(cx, team.id, entity.as_ref(), impact, &environment).await?;
    let on_duty = on_duty(cx, team.id).await?;
    Ok(Foreseen { team, entity, decision, on_duty })
}

/// The team that a request about this is asked of, and what it is about.
async fn asked_of(cx: &mut Cx<'_>, new: &NewRequest) -> Result<(Team, Option<Entity>)> {
    let entity = match new.entity.as_deref().map(str::trim).filter(|e| !e.is_empty()) {
        Some(word) => Some(about(cx, word).await?),
        None => None,
    };
    if let Some(slug) = new.team.as_deref().map(str::trim).filter(|t| !t.is_empty()) {
        return match people::team(cx, slug).await {
            Err(Error::NotFound { .. }) => {
                Err(Error::invalid("team", format!("is not known here: there is no team {slug:?}")))
            }
            team => Ok((team?, entity)),
        };
    }
    let Some(entity) = entity else {
        return Err(Error::invalid("team", "is needed: say which team, or which service it is about"));
    };
    match entity.owner.as_ref().and_then(|o| o.party.as_ref()) {
        Some(Party::Team { id, .. }) => Ok((people::team_by_id(cx, *id).await?, Some(entity))),
        _ => Err(Error::invalid(
            "team",
            format!("is needed: {} belongs to no team, so say who is asked", entity.label()),
        )),
    }
}

async fn about(cx: &mut Cx<'_>, word: &str) -> Result<Entity> {
    let reference = EntityRef::parse(word, Some("component"), "default")
        .map_err(|problem| Error::invalid("entity", problem.to_string()))?;
    match catalog::get(cx, &reference).await {
        Err(Error::NotFound { .. }) => {
            Err(Error::invalid("entity", format!("is not in the catalog: there is no {reference}")))
        }
        entity => entity,
    }
}

fn promise_of(decision: &Decision) -> Promise {
    Promise {
        first_answer_minutes: decision.level.first_answer_minutes,
        next_answer_minutes: decision.level.next_answer_minutes,
    }
}

impl NewRequest {
    fn checked(&self) -> Result<Checked> {
        let mut checks = Checks::default();
        let checked = Checked {
            title: checks.line("title", &self.title, 160),
            environment: checks
                .optional_line("environment", Some(&self.environment), 63)
                .unwrap_or_default()
                .to_lowercase(),
            impact: self.impact.unwrap_or(Impact::Question),
            tried: checks.text("tried", &self.tried, LONGEST),
            wanted: checks.text("wanted", &self.wanted, LONGEST),
            links: checks_links(&mut checks, &self.links),
            category: self.category.unwrap_or(Category::PlatformUse),
            page_id: self.page_id,
        };
        if self.impact.is_none() {
            checks.problem("impact", "is needed: choose how much it hurts");
        }
        if self.category.is_none() {
            checks.problem("category", "is needed: choose what kind of help it is");
        }
        checks.done()?;
        Ok(checked)
    }
}

fn checks_links(checks: &mut Checks, links: &[String]) -> Vec<String> {
    let links: Vec<String> = links.iter().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect();
    if links.len() > MOST_LINKS {
        checks.problem("links", format!("may be {MOST_LINKS} at most"));
    }
    for (nth, link) in links.iter().enumerate() {
        if link.len() > 2000 || !is_link(link) {
            checks.problem(&format!("links[{nth}]"), "must be a link that begins with https:// or http://");
        }
    }
    links
}

/// Everything wrong with a text that is said in a thread.
pub(super) fn said(text: &str, needed: bool) -> Result<String> {
    let mut checks = Checks::default();
    let text = checks.text("text", text, LONGEST);
    checks.done()?;
    if needed && text.is_empty() {
        return Err(Error::Invalid(vec![Problem {
            field: "text".into(),
            message: "is needed: say something".into(),
        }]));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_said_at_once() {
        let new = NewRequest {
            links: vec!["javascript:alert(1)".into(), " ".into(), "https://a.example".into()],
            tried: "x".repeat(LONGEST + 1),
            ..NewRequest::default()
        };
        let Err(Error::Invalid(problems)) = new.checked() else { panic!("must be refused") };
        let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
        assert_eq!(fields, ["title", "tried", "links[0]", "impact", "category"]);
    }

    #[test]
    fn a_word_must_be_said_where_one_is_needed() {
        assert!(said(" \n ", true).is_err());
        assert_eq!(said(" \n ", false).ok().as_deref(), Some(""));
        assert!(said("a\u{0}b", false).is_err());
    }
}
