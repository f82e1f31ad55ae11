//! What one did and was thanked for: a half year or a year of one's own or of a team, on a page and as a file to take along.

use askama::Template;
use axum::{extract::Query, http::StatusCode, response::Response};
use jiff::{ToSpan, civil::Date};
use portolan_domain::{
    Error,
    people::TeamName,
    wins::{self, Year, YearOf},
};

use super::{participation::own_teams, reading};
use crate::{
    address,
    caller::Viewer,
    error::PageError,
    form::Form,
    letters,
    page::{self, Nav, Shell},
    words,
};

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    team: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    form: String,
}

#[derive(Template)]
#[template(path = "wins/year.html")]
struct YearPage {
    shell: Shell,
    teams: Vec<TeamName>,
    /// Slug; empty: the viewer's own.
    team: String,
    /// None: the days that were asked for cannot be.
    year: Option<Year>,
    form: Form,
}

impl YearPage {
    /// The answer before the data.
    fn headline(&self) -> String {
        let Some(year) = &self.year else { return String::new() };
        let thanks: usize = year.rows.iter().map(|row| row.thanks.len()).sum();
        let told = words::counted(year.rows.len(), "thing", "things");
        match (year.rows.len(), thanks) {
            (0, _) => "Nothing was written in these days.".into(),
            (_, 0) => format!("{told} in these days."),
            (_, n) => format!("{told} in these days, thanked for {}.", words::counted(n, "time", "times")),
        }
    }

    #[expect(clippy::unused_self, reason = "called from the template")]
    fn days(&self, year: &Year) -> String {
        letters::days(year.from, year.until)
    }

    /// Spans to choose from: what they are called and where they lead.
    fn spans(&self) -> Vec<(String, String, bool)> {
        let today = self.shell.today();
        let shown = self.year.as_ref().map(|year| (year.from, year.until));
        [half(today), half(half(today).0.saturating_sub(1.day()))]
            .into_iter()
            .map(|(from, until)| {
                let half = if from.month() == 1 { "First" } else { "Second" };
                (format!("{half} half of {}", from.year()), (from, until))
            })
            .chain(
                [whole(today), whole(whole(today).0.saturating_sub(1.day()))]
                    .map(|span| (span.0.year().to_string(), span)),
            )
            .map(|(word, (from, until))| {
                (word, self.address(&self.team, from, until, ""), shown == Some((from, until)))
            })
            .collect()
    }

    /// The same days of another record.
    fn of(&self, team: &str) -> String {
        let (from, until) = match &self.year {
            Some(year) => (year.from, year.until),
            None => half(self.shell.today()),
        };
        self.address(team, from, until, "")
    }

    /// The same record as a file.
    fn file(&self, form: &str) -> String {
        let (from, until) = match &self.year {
            Some(year) => (year.from, year.until),
            None => half(self.shell.today()),
        };
        self.address(&self.team, from, until, form)
    }

    #[expect(clippy::unused_self, reason = "called from the template")]
    fn address(&self, team: &str, from: Date, until: Date, form: &str) -> String {
        let mut address = format!("/wins/year?from={from}&until={until}");
        for (name, value) in [("team", team), ("form", form)] {
            if !value.is_empty() {
                address = format!("{address}&{name}={}", address::segment(value));
            }
        }
        address
    }
}

/// The half year that a day is in.
fn half(day: Date) -> (Date, Date) {
    let (from, until) = whole(day);
    let july = from.saturating_add(6.months());
    if day < july { (from, july.saturating_sub(1.day())) } else { (july, until) }
}

/// The year that a day is in.
fn whole(day: Date) -> (Date, Date) {
    (day.first_of_year(), day.last_of_year())
}

pub(super) async fn show(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let shell = viewer.shell(Nav::Wins);
    let usual = half(shell.today());
    let form = Form::blank()
        .with("from", or(&asked.from, usual.0))
        .with("until", or(&asked.until, usual.1))
        .with("team", &asked.team);
    let teams = own_teams(&mut viewer).await?;
    let of = if asked.team.is_empty() { YearOf::Me } else { YearOf::Team(asked.team.clone()) };
    let found = match span(&form) {
        Ok((from, until)) => wins::year(&mut viewer.cx(), &of, from, until).await,
        Err(error) => Err(error),
    };
    let mut form = form;
    let (year, status) = match found {
        Ok(year) => (Some(year), StatusCode::OK),
        Err(error) => (None, form.refuse(error)?),
    };
    if let (Some(year), "md" | "csv" | "json") = (&year, asked.form.as_str()) {
        return file(year, &asked.form, &viewer.portal().base_url);
    }
    page::html_as(status, &YearPage { shell, teams, team: asked.team, year, form })
}

/// What was asked for, else what is usual.
fn or(asked: &str, usual: Date) -> String {
    if asked.is_empty() { usual.to_string() } else { asked.to_owned() }
}

/// The days of a form.
fn span(form: &Form) -> Result<(Date, Date), Error> {
    let day = |name: &'static str| {
        form.text(name).parse::<Date>().map_err(|_| Error::invalid(name, "must be a day like 2026-07-01"))
    };
    Ok((day("from")?, day("until")?))
}

/// A record as a file.
fn file(year: &Year, form: &str, base_url: &str) -> Result<Response, PageError> {
    let name = format!("{}-{}-to-{}.{form}", year.title.to_lowercase(), year.from, year.until);
    let (kind, text) = match form {
        "md" => ("text/markdown; charset=utf-8", year.markdown(base_url)),
        "csv" => ("text/csv; charset=utf-8", year.csv(base_url)),
        _ => (
            "application/json",
            serde_json::to_string_pretty(year).map_err(|error| Error::invalid("form", error.to_string()))?,
        ),
    };
    reading::text(kind, Some(&name), text)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_is_in_one_half_of_its_year() {
        assert_eq!(half(date(2026, 6, 30)), (date(2026, 1, 1), date(2026, 6, 30)));
        assert_eq!(half(date(2026, 7, 1)), (date(2026, 7, 1), date(2026, 12, 31)));
        assert_eq!(whole(date(2024, 2, 29)), (date(2024, 1, 1), date(2024, 12, 31)));
    }
}
