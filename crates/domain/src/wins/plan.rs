//! Who takes part, how often, by when; who may write in the lead's place; what short words stand for.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::Serialize;

use super::{deadline, record::Audience, store};
use crate::{
    Cx, Error, HolidayCalendarId, Result, TeamId, WinsPlanId,
    activity::{self, Act, Changed},
    check::Checks,
    notify::{self, About, Notice, Recipient},
    people::{self, PersonName, TeamName, require_team},
    rota,
};

/// Heights that a plan may tell apart.
const MOST_LEVELS: usize = 10;
/// Teams that may be named as left out.
const MOST_LEFT_OUT: usize = 500;
/// Short words that one team may explain.
const MOST_TERMS: i64 = 300;

/// What holds for one height of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Level {
    /// Day and time of the week after a cycle's last day by which it hands up: `tue 15:00`.
    pub due: String,
    /// Wins it may hand up.
    pub most_wins: i16,
    /// Challenges it may hand up.
    pub most_challenges: i16,
    /// Words an entry should have at most.
    pub most_words: i16,
    /// Who reads what it publishes.
    pub audience: Audience,
}

/// A plan of cycles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Key.
    pub id: WinsPlanId,
    /// Name.
    pub name: String,
    /// The top of the tree that takes part.
    pub root: TeamName,
    /// Weeks of a cycle, 1 to 13.
    pub weeks: i16,
    /// The first day of one cycle.
    pub anchor: Date,
    /// IANA zone of its days.
    pub time_zone: String,
    /// Day and time of the week on which it is published, after the last deadline: `fri 09:00`.
    pub publish_at: String,
    /// Holidays on which no deadline falls.
    pub calendar: Option<HolidayCalendarId>,
    /// Whether no new cycles are opened.
    pub paused: bool,
    /// By height, from 0: a team with nobody below. Above the last, the last holds.
    pub levels: Vec<Level>,
    /// Teams that take no part, and whether neither do those below them.
    pub left_out: Vec<(TeamName, bool)>,
    /// Raised at each edit; the `ETag`.
    pub version: i64,
    /// When it was last edited.
    pub updated_at: Timestamp,
}

/// A plan as an admin writes it.
#[derive(Debug, Clone)]
pub struct NewPlan {
    /// Name.
    pub name: String,
    /// Slug of the top.
    pub root: String,
    /// Weeks of a cycle.
    pub weeks: i16,
    /// The first day of one cycle.
    pub anchor: Date,
    /// IANA zone.
    pub time_zone: String,
    /// Day and time of publishing.
    pub publish_at: String,
    /// Holidays.
    pub calendar: Option<HolidayCalendarId>,
    /// Whether no new cycles are opened.
    pub paused: bool,
    /// By height.
    pub levels: Vec<Level>,
    /// Slugs of teams that take no part, and whether neither do those below.
    pub left_out: Vec<(String, bool)>,
}

impl NewPlan {
    /// The defaults: two weeks, Tuesday, Wednesday and Thursday 15:00, published on Friday 09:00; four wins and two challenges.
    /// The top level's publications are for everyone.
    pub fn usual(name: &str, root: &str, anchor: Date, time_zone: &str) -> Self {
        let level = |due: &str, audience| Level {
            due: due.into(),
            most_wins: 4,
            most_challenges: 2,
            most_words: 120,
            audience,
        };
        Self {
            name: name.into(),
            root: root.into(),
            weeks: 2,
            anchor,
            time_zone: time_zone.into(),
            publish_at: "fri 09:00".into(),
            calendar: None,
            paused: false,
            levels: vec![
                level("tue 15:00", Audience::Circle),
                level("wed 15:00", Audience::Circle),
                level("thu 15:00", Audience::Everyone),
            ],
            left_out: Vec::new(),
        }
    }
}

/// What a short word stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Term {
    /// The short word: `SLO`.
    pub short: String,
    /// What it stands for.
    pub long: String,
    /// The team that says so: this one or one above.
    pub team: TeamName,
}

/// All plans by name (a company has a handful; up to 200).
pub async fn plans(cx: &mut Cx<'_>) -> Result<Vec<Plan>> {
    may_read(cx)?;
    store::plan::plans(cx, None).await
}

/// One plan.
pub async fn plan(cx: &mut Cx<'_>, id: WinsPlanId) -> Result<Plan> {
    may_read(cx)?;
    let found = store::plan::plans(cx, Some(id)).await?.pop();
    found.ok_or_else(|| Error::not_found("plan", id.to_string()))
}

/// Makes a plan. For admins.
pub async fn create_plan(cx: &mut Cx<'_>, new: &NewPlan) -> Result<Plan> {
    cx.admin()?;
    let checked = check(cx, new).await?;
    let id = WinsPlanId::new();
    cx.atomically(async |cx| {
        put(cx, id, &checked).await?;
        activity::record(cx, Act::new("wins-plan.created", subject(&checked.name))).await?;
        plan(cx, id).await
    })
    .await
}

/// Changes a plan from its next cycle on; deadlines of cycles that are open stay. For admins.
pub async fn edit_plan(cx: &mut Cx<'_>, id: WinsPlanId, new: &NewPlan, version: Option<i64>) -> Result<Plan> {
    cx.admin()?;
    let checked = check(cx, new).await?;
    cx.atomically(async |cx| {
        let at = store::plan::lock(cx, id).await?;
        let before = plan(cx, id).await?;
        if version.is_some() && version != at {
            return Err(Error::Stale);
        }
        put(cx, id, &checked).await?;
        let after = plan(cx, id).await?;
        let changes = differences(&before, &after);
        if !changes.is_empty() {
            activity::record(cx, Act { changes, ..Act::new("wins-plan.edited", subject(&after.name)) })
                .await?;
        }
        Ok(after)
    })
    .await
}

/// Whether a team takes part in a plan whose cycles are opened, as the tree stands: what is jotted elsewhere is handed up by nobody.
pub async fn takes_part(cx: &mut Cx<'_>, team: TeamId) -> Result<bool> {
    cx.reader()?;
    store::plan::takes_part(cx, team).await
}

/// Who may write for a team in its lead's place, and owes its updates while the lead is away.
pub async fn deputy(cx: &mut Cx<'_>, team: &str) -> Result<Option<PersonName>> {
    may_read(cx)?;
    let team = people::team(cx, team).await?;
    store::plan::deputy(cx, team.id).await
}

/// Names the deputy (handle or e-mail address), or nobody. For the lead and those above.
///
/// A deputy sees all that the team writes, so an admin as such may not name one.
pub async fn set_deputy(cx: &mut Cx<'_>, team: &str, who: Option<&str>) -> Result<Option<PersonName>> {
    let me = cx.writer()?;
    let team = people::team(cx, team).await?;
    if !store::plan::chain(cx, team.id, me).await?.1 {
        let leads = people::leads_to_ask(cx, team.id).await?;
        let ask = leads.first().map_or("an admin for a lead", |lead| lead.name.as_str());
        return Err(Error::Forbidden(format!(
            "only the lead of {} and those above name its deputy; ask {ask}",
            team.name
        )));
    }
    let mut checks = Checks::default();
    let person = people::person_meant(cx, &mut checks, "deputy", who.unwrap_or_default()).await?;
    if let Some(person) = person.as_ref().filter(|p| !p.active) {
        checks.problem(
            "deputy",
            format!("must have an account that is active; that of {} is not", person.name),
        );
    }
    checks.done()?;
    let person = person.map(PersonName::from);
    cx.atomically(async |cx| {
        let before = store::plan::deputy(cx, team.id).await?;
        if before.as_ref().map(|p| p.id) == person.as_ref().map(|p| p.id) {
            return Ok(person);
        }
        store::plan::set_deputy(cx, team.id, person.as_ref().map(|p| p.id)).await?;
        let handle =
            |p: &Option<PersonName>| p.as_ref().map_or(serde_json::Value::Null, |p| p.handle.clone().into());
        let changes = vec![Changed::new("deputy", handle(&before), handle(&person))];
        activity::record(cx, Act { changes, ..Act::new("wins.deputy-set", format!("team:{}", team.slug)) })
            .await?;
        if let Some(person) = person.as_ref().filter(|p| p.id != me) {
            let subject =
                format!("You may write the wins and challenges of {} in its lead's place", team.name);
            let link = format!("/teams/{}/wins", team.slug);
            let mut notice = Notice::new(
                Recipient::Person(person.id),
                "wins.deputy-set",
                subject,
                link,
                About::new("team", team.id.0),
            );
            notice.reason = format!("You were named the deputy of {}.", team.name);
            notify::send(cx, notice).await?;
        }
        Ok(person)
    })
    .await
}

/// Whether the actor may name the deputy of a team.
pub async fn may_name_deputy(cx: &mut Cx<'_>, team: TeamId) -> Result<bool> {
    let Ok(me) = cx.writer() else { return Ok(false) };
    Ok(store::plan::chain(cx, team, me).await?.1)
}

/// What short words stand for in a team: its own and those of the teams above, by word.
pub async fn glossary(cx: &mut Cx<'_>, team: &str) -> Result<Vec<Term>> {
    may_read(cx)?;
    let team = people::team(cx, team).await?;
    store::plan::glossary(cx, team.id).await
}

/// Says what a short word stands for. For whoever may edit the team.
pub async fn put_term(cx: &mut Cx<'_>, team: &str, short: &str, long: &str) -> Result<()> {
    let team = people::team(cx, team).await?;
    require_team(cx, Some(team.id), &format!("the short words of {}", team.name)).await?;
    let mut checks = Checks::default();
    let (short, long) = (checks.line("short", short, 20), checks.line("long", long, 200));
    if short.contains(char::is_whitespace) {
        checks.problem("short", "must be one word");
    }
    checks.done()?;
    cx.atomically(async |cx| {
        if !store::plan::put_term(cx, team.id, &short, &long, MOST_TERMS).await? {
            let many = format!("cannot be added: {MOST_TERMS} words are explained already; remove one first");
            return Err(Error::invalid("short", many));
        }
        record_term(cx, &team.slug, &short, Some(&long)).await
    })
    .await
}

/// Forgets a short word of this very team.
pub async fn remove_term(cx: &mut Cx<'_>, team: &str, short: &str) -> Result<()> {
    let team = people::team(cx, team).await?;
    require_team(cx, Some(team.id), &format!("the short words of {}", team.name)).await?;
    cx.atomically(async |cx| {
        if !store::plan::remove_term(cx, team.id, short).await? {
            return Err(Error::not_found("short word", short));
        }
        record_term(cx, &team.slug, short, None).await
    })
    .await
}

async fn record_term(cx: &mut Cx<'_>, team: &str, short: &str, long: Option<&str>) -> Result<()> {
    let changes = vec![Changed::new(short, serde_json::Value::Null, long)];
    let verb = if long.is_some() { "wins.term-put" } else { "wins.term-removed" };
    activity::record(cx, Act { changes, ..Act::new(verb, format!("team:{team}")) }).await
}

/// Everyone signed in reads plans; commands on the server's machine and Portolan itself do too.
fn may_read(cx: &Cx<'_>) -> Result<()> {
    if cx.admin().is_err() {
        cx.reader()?;
    }
    Ok(())
}

fn subject(name: &str) -> String {
    format!("wins-plan:{name}")
}

/// A plan that may be kept.
struct Checked {
    name: String,
    root: TeamId,
    weeks: i16,
    anchor: Date,
    time_zone: String,
    publish_at: String,
    calendar: Option<HolidayCalendarId>,
    paused: bool,
    levels: Vec<Level>,
    left_out: Vec<(TeamId, bool)>,
}

async fn put(cx: &mut Cx<'_>, id: WinsPlanId, plan: &Checked) -> Result<()> {
    let row = store::plan::Row {
        id,
        name: &plan.name,
        root: plan.root,
        weeks: plan.weeks,
        anchor: plan.anchor,
        time_zone: &plan.time_zone,
        publish_at: &plan.publish_at,
        calendar: plan.calendar,
        paused: plan.paused,
        levels: &plan.levels,
        left_out: &plan.left_out,
    };
    store::plan::put(cx, &row).await.map_err(|error| match Error::constraint(&error) {
        Some("wins_plan_name_key") => Error::invalid("name", "is the name of another plan"),
        Some("wins_plan_root_key") => Error::invalid("root", "is the top of another plan already"),
        _ => error.into(),
    })
}

async fn check(cx: &mut Cx<'_>, new: &NewPlan) -> Result<Checked> {
    let mut checks = Checks::default();
    let name = checks.line("name", &new.name, 100);
    let time_zone = checks.time_zone("time_zone", &new.time_zone);
    if !(1..=13).contains(&new.weeks) {
        checks.problem("weeks", "must be from 1 to 13");
    }
    // days near the ends of the calendar would have no cycles around them
    if !(1970..=9000).contains(&new.anchor.year()) {
        checks.problem("anchor", "must lie between the years 1970 and 9000");
    }
    if !(1..=MOST_LEVELS).contains(&new.levels.len()) {
        checks.problem("levels", format!("must be 1 to {MOST_LEVELS}"));
    }
    if new.left_out.len() > MOST_LEFT_OUT {
        checks.problem("left_out", format!("may name {MOST_LEFT_OUT} teams at most"));
    }
    let (mut levels, mut due) = (Vec::new(), Vec::new());
    for (height, level) in new.levels.iter().enumerate().take(MOST_LEVELS) {
        for (field, number, (least, most)) in [
            ("most_wins", level.most_wins, (1, 20)),
            ("most_challenges", level.most_challenges, (0, 20)),
            ("most_words", level.most_words, (20, 1000)),
        ] {
            if !(least..=most).contains(&number) {
                checks
                    .problem(&format!("levels[{height}].{field}"), format!("must be from {least} to {most}"));
            }
        }
        let field = format!("levels[{height}].due");
        if let Some(at) = moment(&mut checks, &field, &level.due) {
            due.push(at);
            levels.push(Level { due: deadline::written(at), ..level.clone() });
        }
    }
    let publish = moment(&mut checks, "publish_at", &new.publish_at);
    checks.done()?;
    let Some(publish) = publish else { return Err(Error::invalid("publish_at", "is needed")) };
    let mut checks = Checks::default();
    let days = deadline::around(new.anchor, new.anchor, new.weeks);
    let (_, published) =
        deadline::cascade(days.last, &due, publish, &TimeZone::UTC, &std::collections::BTreeSet::new());
    if TimeZone::UTC.to_datetime(published).date()
        > days.last.saturating_add((i32::from(new.weeks) * 7).days())
    {
        checks.problem(
            "publish_at",
            "must come before the end of the next cycle; each level is due after the one below it",
        );
    }
    let slugs: Vec<_> =
        new.left_out.iter().map(|(slug, _)| slug.as_str()).chain([new.root.as_str()]).collect();
    let teams = people::teams_by_slug(cx, &slugs).await?;
    let mut team = |field: &str, slug: &str| {
        let found = teams.iter().find(|team| team.slug.eq_ignore_ascii_case(slug.trim())).map(|team| team.id);
        if found.is_none() {
            checks.problem(field, format!("names no team: there is no {slug:?}"));
        }
        found
    };
    let root = team("root", &new.root);
    let mut left_out: Vec<(TeamId, bool)> = Vec::new();
    for (slug, below) in &new.left_out {
        if let Some(id) = team("left_out", slug)
            && left_out.iter().all(|(other, _)| *other != id)
        {
            left_out.push((id, *below));
        }
    }
    if let Some(calendar) = new.calendar
        && rota::holiday_calendar(cx, calendar).await.is_err()
    {
        checks.problem("calendar", "is no calendar of holidays");
    }
    checks.done()?;
    let root = root.ok_or_else(|| Error::invalid("root", "is needed"))?;
    Ok(Checked {
        name,
        root,
        weeks: new.weeks,
        anchor: new.anchor,
        time_zone,
        publish_at: deadline::written(publish),
        calendar: new.calendar,
        paused: new.paused,
        levels,
        left_out,
    })
}

fn moment(checks: &mut Checks, field: &str, text: &str) -> Option<rota::WallTime> {
    let at = deadline::moment(text);
    if at.is_none() {
        checks.problem(field, "must be a day and a time of the week like tue 15:00");
    }
    at
}

fn differences(before: &Plan, after: &Plan) -> Vec<Changed> {
    let levels = |plan: &Plan| {
        let told = plan.levels.iter().map(|l| {
            let Level { due, most_wins, most_challenges, most_words, audience } = l;
            format!("{due}, {most_wins} wins, {most_challenges} challenges, {most_words} words, {audience}")
        });
        told.collect::<Vec<_>>().join("; ")
    };
    let left_out = |plan: &Plan| {
        let told = plan
            .left_out
            .iter()
            .map(|(team, below)| if *below { format!("{} and below", team.slug) } else { team.slug.clone() });
        told.collect::<Vec<_>>().join(", ")
    };
    let calendar = |plan: &Plan| plan.calendar.map(|id| id.to_string());
    [
        Changed::new("name", before.name.as_str(), after.name.as_str()),
        Changed::new("root", before.root.slug.as_str(), after.root.slug.as_str()),
        Changed::new("weeks", before.weeks, after.weeks),
        Changed::new("anchor", before.anchor.to_string(), after.anchor.to_string()),
        Changed::new("time_zone", before.time_zone.as_str(), after.time_zone.as_str()),
        Changed::new("publish_at", before.publish_at.as_str(), after.publish_at.as_str()),
        Changed::new("calendar", calendar(before), calendar(after)),
        Changed::new("paused", before.paused, after.paused),
        Changed::new("levels", levels(before), levels(after)),
        Changed::new("left_out", left_out(before), left_out(after)),
    ]
    .into_iter()
    .filter(|change| change.from != change.to)
    .collect()
}
