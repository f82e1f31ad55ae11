//! The support levels of a team: what it promises for each tier, shown to all and set by its people.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use portolan_domain::{
    Error, Problem,
    levels::{self, AtOnce, Hours, Impact, Level, Levels, TIERS, length},
    people::{self, Team},
};

use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

#[derive(Template)]
#[template(path = "support/levels.html")]
struct LevelsPage {
    shell: Shell,
    team: Team,
    levels: Levels,
    hours: Hours,
    set_by: Option<String>,
    may_edit: bool,
    form: Form,
}

impl LevelsPage {
    fn who(&self) -> Vec<(&'static str, &'static str)> {
        AtOnce::ALL.into_iter().map(|a| (a.as_str(), a.label())).collect()
    }

    fn impacts(&self) -> Vec<(&'static str, &'static str)> {
        Impact::ALL.into_iter().map(|i| (i.as_str(), i.label())).collect()
    }
}

/// What the fields of a level are called: `first_answer_tier_0`.
pub(crate) fn field(name: &str, level: &Level) -> String {
    let place = level.tier.map_or_else(|| "no_tier".to_owned(), |t| format!("tier_{t}"));
    format!("{name}_{place}")
}

fn filled(levels: &Levels) -> Form {
    levels.rows.iter().fold(Form::blank(), |form, level| {
        let form = form
            .with(&field("at_once", level), level.at_once.as_str())
            .with(&field("impact", level), level.least_impact.as_str())
            .with(&field("first_answer", level), length(level.first_answer_minutes))
            .with(&field("next_answer", level), length(level.next_answer_minutes));
        if level.only_production { form.with(&field("production", level), "yes") } else { form }
    })
}

pub(super) async fn show(viewer: Viewer, Path(slug): Path<String>) -> Result<Response, PageError> {
    rendered(viewer, &slug, None, StatusCode::OK).await
}

async fn rendered(
    mut viewer: Viewer,
    slug: &str,
    form: Option<Form>,
    status: StatusCode,
) -> Result<Response, PageError> {
    let cx = &mut viewer.cx();
    let team = people::team(cx, slug).await?;
    let levels = levels::of_team(cx, team.id).await?;
    let hours = Hours::of_team(cx, team.id).await?;
    let may_edit = people::team_rights(cx, team.id).await?.edit;
    let by: Vec<_> = levels.set.and_then(|(by, _)| by).into_iter().collect();
    let set_by = people::person_names(cx, &by).await?.into_iter().next().map(|p| p.name);
    let form = form.unwrap_or_else(|| filled(&levels));
    let shell = viewer.shell(Nav::Support);
    page::html_as(status, &LevelsPage { shell, team, levels, hours, set_by, may_edit, form })
}

pub(super) async fn save(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let result = match read(&form) {
        Ok(rows) => levels::set(&mut viewer.cx(), &slug, &rows).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(_) => Ok(Flash::ok(
            "Saved.",
            "New requests are promised this; those that wait keep what they were promised.",
        )
        .on(&format!("/support/teams/{slug}/levels"))),
        Err(error) => {
            let status = form.refuse(error)?;
            rendered(viewer, &slug, Some(form), status).await
        }
    }
}

pub(super) async fn reset(mut viewer: Viewer, Path(slug): Path<String>) -> Result<Response, PageError> {
    levels::reset(&mut viewer.cx(), &slug).await?;
    Ok(Flash::ok("As usual again.", "The levels are those of every team that sets none.")
        .on(&format!("/support/teams/{slug}/levels")))
}

fn read(form: &Form) -> Result<Vec<Level>, Error> {
    let mut problems = Vec::new();
    let mut rows = Vec::new();
    for tier in TIERS {
        let usual = Level::usual(tier);
        let text = |name: &str| form.text(&field(name, &usual));
        let mut minutes = |name: &str| {
            minutes(&text(name)).unwrap_or_else(|| {
                let message = "must be a length like 30 min, 4 h or 1 h 30 min".to_owned();
                problems.push(Problem { field: field(name, &usual), message });
                60
            })
        };
        rows.push(Level {
            tier,
            first_answer_minutes: minutes("first_answer"),
            next_answer_minutes: minutes("next_answer"),
            at_once: text("at_once").parse()?,
            least_impact: text("impact").parse()?,
            only_production: form.flag(&field("production", &usual)),
        });
    }
    if problems.is_empty() { Ok(rows) } else { Err(Error::Invalid(problems)) }
}

/// The minutes of `30 min`, `4 h`, `1h 30m` or `90`.
fn minutes(text: &str) -> Option<i32> {
    let text = text.trim().to_lowercase();
    let (hours, rest) = match text.split_once('h') {
        Some((hours, rest)) => {
            (hours.trim().parse::<i32>().ok()?, rest.trim_start_matches("ours").trim_start_matches("our"))
        }
        None => (0, text.as_str()),
    };
    let rest = rest.trim().trim_end_matches("utes").trim_end_matches("in").trim_end_matches('m').trim();
    let rest = if rest.is_empty() && text.contains('h') { 0 } else { rest.parse::<i32>().ok()? };
    if hours < 0 || rest < 0 { None } else { hours.checked_mul(60)?.checked_add(rest) }
}

#[cfg(test)]
mod tests {
    use super::minutes;

    #[test]
    fn lengths_are_read_as_people_write_them() {
        for (text, expected) in [
            ("30 min", 30),
            ("4 h", 240),
            ("4h", 240),
            ("1 h 30 min", 90),
            ("1h30m", 90),
            ("90", 90),
            ("2 hours", 120),
            ("45 minutes", 45),
        ] {
            assert_eq!(minutes(text), Some(expected), "{text}");
        }
        for wrong in ["", "h", "soon", "-1 h", "4 d", "99999999 h"] {
            assert_eq!(minutes(wrong), None, "{wrong}");
        }
    }
}
