//! The whole company now: who is on call where, who is next, what is missing.

use askama::Template;
use axum::{extract::Query as Asking, extract::RawQuery, response::Response};
use portolan_domain::{
    Cursor, Limit, Page, TeamId, people,
    rota::{self, NowAndNext, Purpose, ScheduleFilter},
};

use super::wrong::{Wrong, wrong};
use crate::{
    address::{Query, Steps},
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
};

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    team: String,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "rota/now.html")]
struct NowPage {
    shell: Shell,
    asked: Asked,
    query: Query,
    page: Page<NowAndNext>,
    /// What is wrong with any of them, by time.
    wrong: Vec<Wrong>,
    may_create: bool,
}

impl NowPage {
    /// What is wrong with one of them: the next of it, and how much more there is.
    fn to_mend(&self, row: &NowAndNext) -> Option<(&Wrong, usize)> {
        let mut all = self.wrong.iter().filter(|wrong| wrong.is_of(row.schedule.id));
        Some((all.next()?, all.count()))
    }

    fn is_filtered(&self) -> bool {
        !(self.asked.q.is_empty() && self.asked.team.is_empty() && self.asked.purpose.is_empty())
    }

    /// Chosen filters: words and the address without them.
    fn chips(&self) -> Vec<(String, String)> {
        [("q", &self.asked.q), ("team", &self.asked.team), ("purpose", &self.asked.purpose)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (value.clone(), self.query.without_all(&[name]).to_string()))
            .collect()
    }

    fn steps(&self) -> Steps {
        let around = (self.page.previous.as_ref(), self.page.next.as_ref());
        Steps::new(around, !self.asked.after.is_empty(), |after| match after {
            Some(after) => self.query.with("after", after).to_string(),
            None => self.query.without_all(&["after"]).to_string(),
        })
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|t| !t.is_empty())
}

pub(super) async fn list(
    mut viewer: Viewer,
    Asking(asked): Asking<Asked>,
    RawQuery(raw): RawQuery,
) -> Result<Response, PageError> {
    let filter = ScheduleFilter {
        q: some(&asked.q),
        team: some(&asked.team),
        purpose: some(&asked.purpose).map(|p| p.parse::<Purpose>()).transpose()?,
        closed: false,
    };
    let after = some(&asked.after).map(Cursor::from_text);
    let page = rota::company_now(&mut viewer.cx(), &filter, after, Limit::new(50)?).await?;
    let ids: Vec<_> = page.items.iter().map(|row| row.schedule.id).collect();
    let wrong = wrong(&mut viewer.cx(), &ids).await?;
    let may_create = may_create(&mut viewer).await?;
    let query = Query::read("/oncall", raw.as_deref());
    page::html(&NowPage { shell: viewer.shell(Nav::OnCall), asked, query, page, wrong, may_create })
}

/// Whether the viewer may make a schedule for any team.
async fn may_create(viewer: &mut Viewer) -> Result<bool, PageError> {
    if viewer.cx().admin().is_ok() {
        return Ok(true);
    }
    let org = people::org(&mut viewer.cx()).await?;
    let ids: Vec<TeamId> = org.iter().map(|team| team.id).collect();
    Ok(!people::editable_teams(&mut viewer.cx(), &ids).await?.is_empty())
}
