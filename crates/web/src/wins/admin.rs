//! For admins: which part of the organisation writes by which plan, and addresses outside that wait for leave.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use jiff::{ToSpan, civil::Date};
use portolan_domain::{
    Error, HolidayCalendarId, ListMemberId, Problem, WinsPlanId, rota,
    wins::{self, Audience, AudienceList, Level, ListMember, NewPlan, Plan},
};

use super::reading::key;
use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    ownership::team_choices,
    page::{self, Nav, Shell},
};

/// Heights that a plan may have.
const LEVELS: usize = 10;
/// Heights that an empty form has room for.
const SHOWN: usize = 4;

#[derive(Template)]
#[template(path = "wins/admin.html")]
struct AdminPage {
    shell: Shell,
    plans: Vec<Plan>,
    waiting: Vec<(AudienceList, ListMember)>,
}

/// `Every two weeks`.
pub(crate) fn cadence(weeks: &i16) -> String {
    match weeks {
        1 => "every week".into(),
        2 => "every two weeks".into(),
        n => format!("every {n} weeks"),
    }
}

/// A time of the week as people say it: `Tuesday 15:00`.
pub(crate) fn moment(text: &str) -> String {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let (day, time) = text.split_once(' ').unwrap_or((text, ""));
    let full = DAYS.iter().find(|full| full.get(..3).is_some_and(|short| short.eq_ignore_ascii_case(day)));
    full.map_or_else(|| text.to_owned(), |full| format!("{full} {time}"))
}

pub(super) async fn show(mut viewer: Viewer) -> Result<Response, PageError> {
    let cx = &mut viewer.cx();
    let waiting = wins::waiting_addresses(cx).await?;
    let plans = wins::plans(cx).await?;
    page::html(&AdminPage { shell: viewer.shell(Nav::Wins), plans, waiting })
}

#[derive(Template)]
#[template(path = "wins/plan.html")]
struct PlanPage {
    shell: Shell,
    /// What is edited; none: a new one.
    plan: Option<Plan>,
    teams: Vec<(String, String)>,
    calendars: Vec<(String, String)>,
    form: Form,
}

impl PlanPage {
    /// Where the form goes.
    fn address(&self) -> String {
        self.plan.as_ref().map_or_else(|| "/admin/wins/new".into(), |plan| format!("/admin/wins/{}", plan.id))
    }

    /// The levels that are shown, by what they are called: those that are filled in, and one more.
    fn levels(&self) -> Vec<(usize, String)> {
        let filled = last(&self.form).map_or(0, |n| n + 2);
        (0..filled.clamp(SHOWN, LEVELS)).map(|n| (n, height(&n))).collect()
    }
}

/// The highest level that is filled in.
fn last(form: &Form) -> Option<usize> {
    (0..LEVELS).rev().find(|n| form.optional(&field("due", n)).is_some())
}

/// The form with what people see beside the fields of its levels.
fn labelled(form: Form) -> Form {
    let names = [
        ("due", "due"),
        ("most_wins", "wins"),
        ("most_challenges", "challenges"),
        ("most_words", "words an entry"),
        ("audience", "read by"),
    ];
    let all = (0..LEVELS)
        .flat_map(|n| names.map(|(name, word)| (field(name, &n), format!("{}, {word}", height(&n)))));
    all.fold(form, |form, (name, label)| form.called(&name, &label))
}

/// Problems by the names of the form's fields: the operation counts levels, `levels[1].due`.
fn by_field(error: Error) -> Error {
    let Error::Invalid(problems) = error else { return error };
    let renamed = problems.into_iter().map(|problem| {
        let level = problem.field.strip_prefix("levels[").and_then(|rest| rest.split_once("]."));
        match level.and_then(|(n, name)| Some(field(name, &n.parse().ok()?))) {
            Some(field) => Problem { field, ..problem },
            None => problem,
        }
    });
    Error::Invalid(renamed.collect())
}

/// What a height of the tree is called.
pub(crate) fn height(level: &usize) -> String {
    match level {
        0 => "Teams with nobody below".into(),
        1 => "One level above".into(),
        n => format!("{n} levels above"),
    }
}

/// What the fields of a level are called: `due_0`.
pub(crate) fn field(name: &str, level: &usize) -> String {
    format!("{name}_{level}")
}

pub(super) async fn blank(mut viewer: Viewer) -> Result<Response, PageError> {
    viewer.cx().admin()?;
    let shell = viewer.shell(Nav::Wins);
    let today = shell.today();
    // a cycle begins on a Monday, and is written up when it is over: the last one that began is the anchor
    let monday = today.saturating_sub(i64::from(today.weekday().to_monday_zero_offset()).days());
    let usual = NewPlan::usual("", "", monday, shell.zone_name());
    rendered(viewer, None, written(&usual), StatusCode::OK).await
}

pub(super) async fn form(mut viewer: Viewer, Path(id): Path<String>) -> Result<Response, PageError> {
    viewer.cx().admin()?;
    let plan = wins::plan(&mut viewer.cx(), key("plan", &id)?).await?;
    let form = filled(&plan);
    rendered(viewer, Some(plan), form, StatusCode::OK).await
}

async fn rendered(
    mut viewer: Viewer,
    plan: Option<Plan>,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let teams = team_choices(&mut viewer).await?;
    let calendars = rota::holiday_calendars(&mut viewer.cx(), None).await?;
    let calendars = calendars.into_iter().map(|c| (c.id.to_string(), c.name)).collect();
    page::html_as(status, &PlanPage { shell: viewer.shell(Nav::Wins), plan, teams, calendars, form })
}

fn filled(plan: &Plan) -> Form {
    let new = NewPlan {
        name: plan.name.clone(),
        root: plan.root.slug.clone(),
        weeks: plan.weeks,
        anchor: plan.anchor,
        time_zone: plan.time_zone.clone(),
        publish_at: plan.publish_at.clone(),
        calendar: plan.calendar,
        paused: plan.paused,
        levels: plan.levels.clone(),
        left_out: plan.left_out.iter().map(|(team, below)| (team.slug.clone(), *below)).collect(),
    };
    written(&new).with("version", plan.version)
}

/// A plan as its form shows it.
fn written(plan: &NewPlan) -> Form {
    let left_out: Vec<String> = plan
        .left_out
        .iter()
        .map(|(slug, below)| if *below { format!("{slug} and below") } else { slug.clone() })
        .collect();
    let mut form = Form::blank()
        .with("name", &plan.name)
        .with("root", &plan.root)
        .with("weeks", plan.weeks)
        .with("anchor", plan.anchor)
        .with("time_zone", &plan.time_zone)
        .with("publish_at", &plan.publish_at)
        .with_optional("calendar", plan.calendar)
        .with("left_out", left_out.join("\n"));
    if plan.paused {
        form = form.with("paused", "yes");
    }
    plan.levels.iter().enumerate().fold(form, |form, (n, level)| {
        form.with(&field("due", &n), &level.due)
            .with(&field("most_wins", &n), level.most_wins)
            .with(&field("most_challenges", &n), level.most_challenges)
            .with(&field("most_words", &n), level.most_words)
            .with(&field("audience", &n), level.audience)
    })
}

/// What a form says, or all that cannot be understood of it.
fn read(form: &Form) -> Result<NewPlan, Error> {
    let mut problems = Vec::new();
    let mut wrong = |field: &str, message: &str| {
        problems.push(Problem { field: field.to_owned(), message: message.to_owned() });
    };
    let weeks = form.text("weeks").parse().unwrap_or_else(|_| {
        wrong("weeks", "must be a number from 1 to 13");
        2
    });
    let anchor = form.text("anchor").parse().unwrap_or_else(|_| {
        wrong("anchor", "must be a day like 2026-11-09");
        Date::ZERO
    });
    let calendar = match form.optional("calendar") {
        None => None,
        Some(text) => {
            if let Ok(id) = text.parse::<HolidayCalendarId>() {
                Some(id)
            } else {
                wrong("calendar", "must be one of the list");
                None
            }
        }
    };
    let mut levels = Vec::new();
    for n in 0..=last(form).unwrap_or(0) {
        let mut number = |name: &str| {
            let name = field(name, &n);
            form.text(&name).parse::<i16>().unwrap_or_else(|_| {
                wrong(&name, "must be a number");
                1
            })
        };
        let (most_wins, most_challenges, most_words) =
            (number("most_wins"), number("most_challenges"), number("most_words"));
        let audience = form.text(&field("audience", &n)).parse().unwrap_or(Audience::Circle);
        levels.push(Level {
            due: form.text(&field("due", &n)),
            most_wins,
            most_challenges,
            most_words,
            audience,
        });
    }
    let lines = form.text("left_out");
    let left_out = lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(left_out);
    let plan = NewPlan {
        name: form.text("name"),
        root: form.text("root"),
        weeks,
        anchor,
        time_zone: form.text("time_zone"),
        publish_at: form.text("publish_at"),
        calendar,
        paused: form.flag("paused"),
        levels,
        left_out: left_out.collect(),
    };
    if problems.is_empty() { Ok(plan) } else { Err(Error::Invalid(problems)) }
}

/// `basket`, or `basket and below`.
fn left_out(line: &str) -> (String, bool) {
    match line.strip_suffix("and below") {
        Some(slug) => (slug.trim().to_owned(), true),
        None => (line.to_owned(), false),
    }
}

pub(super) async fn create(mut viewer: Viewer, form: Form) -> Result<Response, PageError> {
    viewer.cx().admin()?;
    let mut form = labelled(form);
    let result = match read(&form) {
        Ok(new) => wins::create_plan(&mut viewer.cx(), &new).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(plan) => {
            Ok(Flash::ok("Made.", format!("{} begins with its next cycle.", plan.name)).on("/admin/wins"))
        }
        Err(error) => {
            let status = form.refuse(by_field(error))?;
            rendered(viewer, None, form, status).await
        }
    }
}

pub(super) async fn save(
    mut viewer: Viewer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    viewer.cx().admin()?;
    let id: WinsPlanId = key("plan", &id)?;
    let mut form = labelled(form);
    let result = match read(&form) {
        Ok(new) => wins::edit_plan(&mut viewer.cx(), id, &new, form.version()).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(plan) => {
            let told =
                format!("{} is so from its next cycle on; what is open keeps its deadlines.", plan.name);
            Ok(Flash::ok("Saved.", told).on("/admin/wins"))
        }
        Err(error) => {
            let is_stale = matches!(error, Error::Stale);
            let status = form.refuse(by_field(error))?;
            let plan = wins::plan(&mut viewer.cx(), id).await?;
            if is_stale {
                form.overtaken(&filled(&plan));
            }
            rendered(viewer, Some(plan), form, status).await
        }
    }
}

pub(super) async fn allow(mut viewer: Viewer, Path(id): Path<String>) -> Result<Response, PageError> {
    let id: ListMemberId = key("address", &id)?;
    wins::allow_address(&mut viewer.cx(), id).await?;
    Ok(Flash::ok("Let in.", "It is sent what is published next.").on("/admin/wins"))
}

pub(super) async fn refuse(mut viewer: Viewer, Path(id): Path<String>) -> Result<Response, PageError> {
    viewer.cx().admin()?;
    let id: ListMemberId = key("address", &id)?;
    wins::remove_from_list(&mut viewer.cx(), id).await?;
    Ok(Flash::ok("Taken off the list.", "It is sent nothing.").on("/admin/wins"))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_plan_is_read_back_from_its_form_as_it_was() {
        let mut plan = NewPlan::usual("Fairhaven", "fairhaven", date(2026, 11, 9), "Europe/Amsterdam");
        plan.left_out = vec![("staff".into(), false), ("labs".into(), true)];
        let again = read(&written(&plan)).unwrap();
        assert_eq!(again.levels, plan.levels);
        assert_eq!(again.left_out, plan.left_out);
        assert_eq!((again.name, again.root, again.weeks), (plan.name, plan.root, plan.weeks));
        assert_eq!((again.anchor, again.calendar, again.paused), (plan.anchor, plan.calendar, plan.paused));
    }

    #[test]
    fn all_that_cannot_be_understood_is_told_at_once() {
        let form = written(&NewPlan::usual("A", "a", date(2026, 11, 9), "UTC"));
        let form = form.replaced("weeks", &["two".into()]).replaced("anchor", &["soon".into()]);
        let form = form.replaced("most_wins_1", &["many".into()]);
        let Err(Error::Invalid(problems)) = read(&form) else { panic!("it was taken") };
        let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
        assert_eq!(fields, ["weeks", "anchor", "most_wins_1"]);
    }

    #[test]
    fn what_the_operation_says_of_a_level_stands_at_its_field() {
        let Error::Invalid(problems) = by_field(Error::invalid("levels[1].due", "is wrong")) else {
            panic!("it is another error")
        };
        assert_eq!(problems[0].field, "due_1");
    }
}
