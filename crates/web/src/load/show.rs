//! The load of a team: the answer in a sentence, then what it rests on.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use jiff::civil::Date;
use portolan_domain::{
    load::{self, PersonLoad, RuleLoad, TeamLoad, WeekPages},
    people::PersonName,
    rota::load::Bearing,
};

use super::{charts, percent};
use crate::{
    caller::Viewer,
    error::PageError,
    form::Form,
    page::{self, Nav, Shell},
    people::choices,
    words,
};

/// Which alert rule is to be given to somebody.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    rule: String,
}

#[derive(Template)]
#[template(path = "load/show.html")]
struct LoadPage {
    shell: Shell,
    load: TeamLoad,
    weeks_svg: String,
    shares_svg: String,
    today: Date,
    /// The rule that is to be given to somebody; empty: none.
    rule: String,
    form: Form,
    people: Vec<PersonName>,
}

impl LoadPage {
    /// The answer before the data.
    fn headline(&self) -> String {
        let a_week = format!("{:.1}", self.load.lately);
        let pages = match self.load.bearing {
            _ if self.load.lately <= 0.0 => "No business-impacting page in the last four weeks".into(),
            Bearing::Good => format!("{a_week} business-impacting pages a week lately, which is well"),
            Bearing::Tolerable => {
                format!("{a_week} business-impacting pages a week lately, which can be borne")
            }
            Bearing::TooOften => {
                format!("{a_week} business-impacting pages a week lately, which people do not bear for long")
            }
        };
        let often = self.too_often();
        let fair = match often.as_slice() {
            [] if self.load.people.iter().all(|p| p.next.one_in.is_none()) => {
                "nobody has a shift to come".into()
            }
            [] => {
                format!("nobody has more than one week in {} to come", self.load.settings.load_least_one_in)
            }
            [one] => {
                format!("{one} has more than one week in {} to come", self.load.settings.load_least_one_in)
            }
            many => format!(
                "{} people have more than one week in {} to come",
                many.len(),
                self.load.settings.load_least_one_in
            ),
        };
        format!("{pages}; {fair}.")
    }

    fn too_often(&self) -> Vec<&str> {
        let over = |p: &&PersonLoad| p.next.bearing == Some(Bearing::TooOften);
        self.load.people.iter().filter(over).map(|p| p.person.name.as_str()).collect()
    }

    fn has_pages(&self) -> bool {
        self.load.weeks.iter().any(|w| w.pages() > 0)
    }

    /// The weeks that have pages, the newest first: the table that says what the drawing shows.
    fn weeks(&self) -> Vec<&WeekPages> {
        self.load.weeks.iter().rev().filter(|w| w.pages() > 0).collect()
    }

    fn is_running(&self, week: &WeekPages) -> bool {
        self.load.weeks.last().is_some_and(|last| last.week == week.week)
    }

    /// `38% of 42 judged`, or that nothing is judged.
    fn noise(&self) -> String {
        match self.load.noise.share() {
            Some(share) => percent(&share),
            None => "unknown".into(),
        }
    }

    fn out_of_hours(&self) -> usize {
        self.load.weeks.iter().map(|w| w.out_of_hours).sum()
    }

    fn pages(&self) -> usize {
        self.load.weeks.iter().map(WeekPages::pages).sum()
    }

    fn is_late(&self, rule: &RuleLoad) -> bool {
        rule.action.as_ref().is_some_and(|action| action.is_overdue(self.today))
    }

    /// Where a rule is given to somebody.
    fn give(&self, rule: &RuleLoad) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("rule", &rule.rule);
        format!("{}?{}#rule", address(&self.load.team.slug), query.finish())
    }

    /// What is promised about the rule that is to be given to somebody.
    fn promised(&self) -> Option<&portolan_domain::incidents::Action> {
        self.load.rules.iter().find(|r| r.rule == self.rule)?.action.as_ref()
    }
}

/// Address of the load of a team.
pub(super) fn address(slug: &str) -> String {
    format!("/teams/{}/load", crate::address::segment(slug))
}

pub(super) async fn show(
    viewer: Viewer,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    rendered(viewer, &slug, asked.rule, None, StatusCode::OK).await
}

/// The page; with a form, it was refused.
pub(super) async fn rendered(
    mut viewer: Viewer,
    slug: &str,
    rule: String,
    form: Option<Form>,
    status: StatusCode,
) -> Result<Response, PageError> {
    let load = load::of_team(&mut viewer.cx(), slug).await?;
    let promised = load.rules.iter().find(|r| r.rule == rule).and_then(|r| r.action.as_ref());
    let form = form.unwrap_or_else(|| {
        Form::blank()
            .with_optional("owner", promised.and_then(|a| a.owner.as_deref()))
            .with_optional("due_on", promised.map(|a| a.due_on))
    });
    let people = if rule.is_empty() { Vec::new() } else { choices(&mut viewer, form.value("owner")).await? };
    let shell = viewer.shell(Nav::Teams);
    let (weeks_svg, shares_svg) = (charts::weeks(&load), charts::shares(&load));
    let today = shell.today();
    page::html_as(status, &LoadPage { shell, load, weeks_svg, shares_svg, today, rule, form, people })
}

/// `3 of 12`, for a table of judgements.
pub(crate) fn of(part: &usize, all: &usize) -> String {
    if *all == 0 { "none judged".into() } else { format!("{} of {}", words::count(part), words::count(all)) }
}
