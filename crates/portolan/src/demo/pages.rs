//! What paged Fairhaven, as `pages.yaml` tells it: told by monitoring, gone through the steps, answered and judged.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context as _, Result};
use jiff::{SignedDuration, Timestamp};
use portolan_domain::{
    Actor, Cx, PageId,
    paging::{self, Incoming, IncomingAlert, IntegrationKind, Judgement, NewIntegration, Says, Severity},
};
use serde::Deserialize;

use super::{
    actor, list,
    story::{Ago, Took},
};

/// An alert that paged somebody, and what came of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Paged {
    at: Ago,
    /// Whose monitoring told it.
    team: String,
    service: String,
    /// What monitoring calls the alert.
    alert: String,
    pub(super) summary: String,
    severity: String,
    answered: Option<Then>,
    over: Then,
    judged: Option<Verdict>,
}

/// Something that happened so long after the page opened; without a person monitoring said so.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Then {
    after: Took,
    by: Option<String>,
}

/// What somebody said that it was.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Verdict {
    after: Took,
    by: String,
    r#as: String,
    #[serde(default)]
    note: String,
}

/// One moment; pages are told apart by their place in the file.
pub(super) struct Event {
    nth: usize,
    paged: Paged,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Opened,
    Answered,
    Over,
    Judged,
}

/// All of it, in no order.
pub(super) fn events(now: Timestamp) -> Result<Vec<(Timestamp, Event)>> {
    let mut events = Vec::new();
    for (nth, paged) in list::<Paged>("pages.yaml")?.into_iter().enumerate() {
        let opened = paged.at.before(now);
        let moments = [
            (Some(SignedDuration::ZERO), What::Opened),
            (paged.answered.as_ref().map(|a| a.after.0), What::Answered),
            (Some(paged.over.after.0), What::Over),
            (paged.judged.as_ref().map(|j| j.after.0), What::Judged),
        ];
        events.extend(
            moments.into_iter().filter_map(|(after, what)| {
                Some((opened + after?, Event { nth, paged: paged.clone(), what }))
            }),
        );
    }
    Ok(events)
}

/// What monitoring may tell so far, and the pages that it opened.
#[derive(Default)]
pub(super) struct Watched {
    keys: HashMap<String, String>,
    pages: HashMap<usize, PageId>,
}

impl Watched {
    pub(super) async fn happen(&mut self, cx: &mut Cx<'_>, event: Event, at: Timestamp) -> Result<()> {
        let Event { nth, paged, what } = event;
        let summary = paged.summary.clone();
        self.take(cx, nth, &paged, what, at).await.with_context(|| format!("the page {summary:?}"))
    }

    async fn take(
        &mut self,
        cx: &mut Cx<'_>,
        nth: usize,
        paged: &Paged,
        what: What,
        at: Timestamp,
    ) -> Result<()> {
        let system = Actor::system();
        match what {
            What::Opened => {
                let opened = self.told(cx, nth, paged, Says::Firing, at).await?;
                let number = opened.first().context("no page was opened")?;
                let cx = &mut cx.acting_at(&system, at);
                let id = paging::find(cx, &number.to_string()).await?;
                paging::advance(cx, id).await?;
                self.pages.insert(nth, id);
            }
            What::Answered => {
                let by = paged.answered.as_ref().and_then(|a| a.by.as_deref()).context("who answered?")?;
                let person = actor(cx, by, at).await?;
                paging::acknowledge(&mut cx.acting_at(&person, at), self.page(nth)?).await?;
            }
            What::Over => match &paged.over.by {
                Some(by) => {
                    let person = actor(cx, by, at).await?;
                    paging::resolve(&mut cx.acting_at(&person, at), self.page(nth)?, "", None).await?;
                }
                None => {
                    self.told(cx, nth, paged, Says::Resolved, at).await?;
                }
            },
            What::Judged => {
                let verdict = paged.judged.as_ref().context("what was it?")?;
                let person = actor(cx, &verdict.by, at).await?;
                let judgement: Judgement = verdict.r#as.parse()?;
                paging::judge(&mut cx.acting_at(&person, at), self.page(nth)?, judgement, &verdict.note)
                    .await?;
            }
        }
        Ok(())
    }

    fn page(&self, nth: usize) -> Result<PageId> {
        self.pages.get(&nth).copied().context("it did not open yet")
    }

    /// Monitoring tells an alert by the team's integration. Returns the numbers of new pages.
    async fn told(
        &mut self,
        cx: &mut Cx<'_>,
        nth: usize,
        paged: &Paged,
        says: Says,
        at: Timestamp,
    ) -> Result<Vec<i64>> {
        let (system, stranger) = (Actor::system(), Actor::stranger(portolan_domain::Via::Api));
        let key = self.key(cx, &paged.team, at).await?;
        let keyed =
            paging::open_integration(&mut cx.acting_at(&stranger, at), &key, IntegrationKind::Alertmanager)
                .await?;
        let labels = [("alertname", &paged.alert), ("service", &paged.service)];
        let alert = IncomingAlert {
            fingerprint: format!("fairhaven-{nth}"),
            says,
            summary: paged.summary.clone(),
            severity: Severity::from_word(&paged.severity),
            labels: labels
                .map(|(name, value)| (name.to_owned(), value.clone()))
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
            link: None,
            runbook: None,
            started_at: Some(at),
        };
        let incoming =
            Incoming { group_key: format!("{}:{nth}", paged.alert), truncated: 0, alerts: vec![alert] };
        Ok(paging::take_in(&mut cx.acting_at(&system, at), &keyed, &incoming).await?.opened)
    }

    /// The key of a team's integration, which its lead makes for the first alert.
    async fn key(&mut self, cx: &mut Cx<'_>, team: &str, at: Timestamp) -> Result<String> {
        if let Some(key) = self.keys.get(team) {
            return Ok(key.clone());
        }
        let lead = maker(cx, team, at).await?;
        let new = NewIntegration {
            team: team.to_owned(),
            kind: IntegrationKind::Alertmanager,
            name: "Cluster monitoring".into(),
            routes: None,
        };
        let made = paging::create_integration(&mut cx.acting_at(&lead, at), new).await?;
        self.keys.insert(team.to_owned(), made.key.clone());
        Ok(made.key)
    }
}

/// Whoever leads a team.
async fn maker(cx: &mut Cx<'_>, team: &str, at: Timestamp) -> Result<Actor> {
    let system = Actor::system();
    let lead = {
        let cx = &mut cx.acting_at(&system, at);
        let team = portolan_domain::people::team(cx, team).await?;
        let leads = portolan_domain::people::leads_to_ask(cx, team.id).await?;
        leads.into_iter().next().context("nobody leads it")?
    };
    actor(cx, &lead.handle, at).await
}
