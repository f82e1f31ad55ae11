//! Proposals made from the portal's own records of a team and a cycle. Nothing is published by itself.

use jiff::{ToSpan, tz::TimeZone};

use super::{
    deadline,
    entry::only,
    named::{self, Wanted},
    record::{Entry, Kind, Number, Proposal, Sensitivity, Topic, Update, Words},
    rights::{require_reader, require_writer},
    store::{
        self,
        entry::{Draft, Named},
        facts::{Handed, Made, Pages, Pair, Ran, Span},
    },
    update::open,
};
use crate::{
    Cx, Error, Result, UpdateId,
    check::Checks,
    people::{self, Team},
    settings,
    support::Category,
};

/// Proposals that are made at most: who has to read more than these writes nothing.
const MOST: usize = 30;
/// Things that one proposal names at most.
const MOST_ABOUT: usize = 10;

/// What the records of the cycle say of the team, what stands out most first; at most thirty. For whoever is in the team or writes the
/// update.
pub async fn proposals(cx: &mut Cx<'_>, id: UpdateId) -> Result<Vec<Proposal>> {
    let (update, rights) = require_reader(cx, id).await?;
    if !rights.inside && !rights.write {
        return Err(Error::Forbidden(format!(
            "those in {} and whoever writes its update see what its records propose",
            update.team.name
        )));
    }
    gather(cx, &update).await
}

async fn gather(cx: &mut Cx<'_>, update: &Update) -> Result<Vec<Proposal>> {
    let team = people::team_by_id(cx, update.team.id).await?;
    let mut proposals = propose(&facts(cx, update, &team).await?);
    let dismissed = store::facts::dismissed(cx, update.id).await?;
    let taken = store::facts::taken(cx, team.id, &source_key(update, "")).await?;
    for proposal in &mut proposals {
        proposal.dismissed = dismissed.contains(&proposal.key);
        proposal.taken = taken.iter().find(|(key, _)| *key == proposal.key).map(|(_, id)| *id);
    }
    Ok(proposals)
}

/// Under which key an entry remembers its proposal: an entry that goes back to the team is still the one of its cycle.
fn source_key(update: &Update, key: &str) -> String {
    format!("{}:{key}", update.cycle.slug)
}

/// Takes a proposal as an entry of the update, while it is open. Taken again it is the same entry.
pub async fn take_proposal(cx: &mut Cx<'_>, id: UpdateId, key: &str) -> Result<Entry> {
    cx.atomically(async |cx| {
        let update = open(cx, id, None).await?;
        let found = gather(cx, &update).await?.into_iter().find(|p| p.key == key);
        let proposal = found.ok_or_else(|| Error::not_found("proposal", key))?;
        if let Some(taken) = proposal.taken {
            return only(store::entry::any(cx, &[taken]).await?, key);
        }
        let wanted = Wanted {
            prefix: String::new(),
            credits: None,
            about: Some(&proposal.about),
            teams: None,
            words: Some(&proposal.words),
            had: None,
        };
        // what was removed from the catalog meanwhile is left out
        let mut gone = Checks::default();
        let named = named::find(cx, &mut gone, update.team.id, &[wanted]).await?.pop().unwrap_or_default();
        let draft = Draft {
            update: Some(id),
            place: i32::MAX,
            topic: Some(proposal.topic),
            source_key: Some(source_key(&update, key)),
            source_link: proposal.source_link,
            about: named.about.unwrap_or_default(),
            namings: named.namings.unwrap_or_default().into_iter().map(Named::from).collect(),
            sensitivity: if proposal.topic == Topic::People { Sensitivity::Up } else { Sensitivity::Publish },
            ..Draft::new(cx, update.team.id, proposal.kind, proposal.words)
        };
        let taken = draft.id;
        store::entry::insert(cx, &[draft]).await?;
        store::write::renumber(cx, &[id]).await?;
        store::facts::restore(cx, id, key).await?;
        store::update::touch(cx, id).await?;
        only(store::entry::any(cx, &[taken]).await?, key)
    })
    .await
}

/// Wants nothing of a proposal.
pub async fn dismiss_proposal(cx: &mut Cx<'_>, id: UpdateId, key: &str) -> Result<()> {
    let update = require_writer(cx, id).await?;
    if !gather(cx, &update).await?.iter().any(|p| p.key == key) {
        return Err(Error::not_found("proposal", key));
    }
    store::facts::dismiss(cx, id, key).await
}

/// Takes a dismissal back.
pub async fn restore_proposal(cx: &mut Cx<'_>, id: UpdateId, key: &str) -> Result<()> {
    require_writer(cx, id).await?;
    store::facts::restore(cx, id, key).await
}

/// What the records hold of a team and a cycle, as values.
#[derive(Debug, Clone, Default)]
struct Facts {
    team: String,
    slug: String,
    /// Weeks of the time that is told of; less than those of the cycle while it runs.
    weeks: f64,
    /// Weeks of the time before.
    weeks_before: f64,
    /// Pages a week that are good, and that are the most one can bear.
    good: i64,
    most: i64,
    pages: Pages,
    support: Vec<(Category, Pair)>,
    made: Vec<Made>,
    handed: Vec<Handed>,
    confirmed: i64,
    changes: Pair,
    wrong: Pair,
    incidents: Vec<Ran>,
    incidents_before: i64,
    objectives: Vec<(String, String)>,
    shift_notes: Pair,
    moved: Vec<(String, String, bool)>,
}

async fn facts(cx: &mut Cx<'_>, update: &Update, team: &Team) -> Result<Facts> {
    let zone = TimeZone::get(&update.cycle.time_zone).unwrap_or(TimeZone::UTC);
    let midnight = |day| deadline::midnight(day, &zone);
    let (first, last) = (update.cycle.starts_on, update.cycle.ends_on.saturating_add(1.day()));
    let days = (last - first).get_days();
    let (before, from) = (midnight(first.saturating_sub(days.days())), midnight(first));
    let until = midnight(last).min(cx.now()).max(from);
    let span = Span { before, from, until };
    let week = f64::from(7 * 24 * 3600);
    let settings = settings::read(cx).await?;
    let (changes, wrong) = store::facts::changes(cx, team, span).await?;
    let (incidents, incidents_before) = store::facts::incidents(cx, team.id, span).await?;
    Ok(Facts {
        team: team.name.clone(),
        slug: team.slug.clone(),
        weeks: (until.duration_since(from).as_secs_f64() / week).max(0.1),
        weeks_before: f64::from(days) / 7.0,
        good: settings.load_pages_good,
        most: settings.load_pages_most,
        pages: store::facts::pages(cx, team.id, span).await?,
        support: store::facts::support(cx, team.id, span).await?,
        made: store::facts::made(cx, team.id, span).await?,
        handed: store::facts::handed(cx, team, span).await?,
        confirmed: store::facts::confirmed(cx, team.id, span).await?,
        changes,
        wrong,
        incidents,
        incidents_before,
        objectives: store::facts::objectives(cx, team.id, span).await?,
        shift_notes: store::facts::shift_notes(cx, team.id, span).await?,
        moved: store::facts::moved(cx, team.id, span).await?,
    })
}

/// A proposal that is being made, and how much it stands out.
struct Making {
    weight: f64,
    proposal: Proposal,
}

/// What facts propose, what stands out most first.
fn propose(f: &Facts) -> Vec<Proposal> {
    let mut all: Vec<Making> = Vec::new();
    all.extend(of_incidents(f));
    all.extend(of_pages(f));
    all.extend(of_false_alarms(f));
    all.extend(of_support(f));
    all.extend(of_provisioning(f));
    all.extend(of_ownership(f));
    all.extend(of_changes(f));
    all.extend(of_objectives(f));
    all.extend(of_people(f));
    all.extend(of_shift_notes(f));
    all.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    all.into_iter().take(MOST).map(|one| one.proposal).collect()
}

fn proposal(weight: f64, key: impl Into<String>, kind: Kind, topic: Topic, summary: String) -> Making {
    Making {
        weight,
        proposal: Proposal {
            key: key.into(),
            kind,
            words: Words { summary, ..Words::default() },
            topic,
            compared: String::new(),
            source_link: String::new(),
            about: Vec::new(),
            dismissed: false,
            taken: None,
        },
    }
}

impl Making {
    fn number(mut self, what: &str, before: Option<String>, value: String, unit: &str) -> Self {
        self.proposal.words.numbers.push(Number { what: what.into(), before, value, unit: unit.into() });
        self
    }

    fn compared(mut self, compared: String) -> Self {
        self.proposal.compared = compared;
        self
    }

    fn link(mut self, link: String) -> Self {
        self.proposal.source_link = link;
        self
    }

    fn about<'r>(mut self, refs: impl IntoIterator<Item = &'r String>) -> Self {
        self.proposal.about = refs.into_iter().take(MOST_ABOUT).cloned().collect();
        self
    }
}

/// Pages a week, against the cycle before and against what is good and what can be borne.
fn of_pages(f: &Facts) -> Option<Making> {
    let Pair { now, before } = f.pages.all;
    if now == 0 && before == 0 {
        return None;
    }
    let (rate, was) = (float(now) / f.weeks, float(before) / f.weeks_before);
    let bearable = float(f.most);
    let kind = if rate > bearable || rate > was { Kind::Challenge } else { Kind::Win };
    let measure = if rate <= float(f.good) {
        format!("{} are good", f.good)
    } else if rate > bearable {
        format!("more than {} cannot be borne", f.most)
    } else {
        format!("{} are good, {} the most", f.good, f.most)
    };
    let summary = format!("{} pages a week, after {} the cycle before", decimal(rate), decimal(was));
    let one = proposal(6.0 + (rate - was).abs(), "pages", kind, Topic::Operations, summary)
        .number("pages", Some(decimal(was)), decimal(rate), "a week")
        .compared(format!("cycle before: {} a week; {measure}", decimal(was)));
    Some(one.link(format!("/teams/{}/load", f.slug)))
}

/// False alarms as a share of the pages that were judged, where they are fewer than before, or many.
fn of_false_alarms(f: &Facts) -> Option<Making> {
    let (alarms, judged) = (f.pages.false_alarms, f.pages.judged);
    if judged.now == 0 || (alarms.now == 0 && alarms.before == 0) {
        return None;
    }
    let share = percent(alarms.now, judged.now);
    let was = (judged.before > 0).then(|| percent(alarms.before, judged.before));
    let fell = was.is_some_and(|was| share < was);
    let kind = if fell { Kind::Win } else { Kind::Challenge };
    let summary = match was {
        Some(was) if fell => format!("{share}% of pages were false alarms, after {was}%"),
        Some(was) => format!("{share}% of pages were false alarms, and {was}% the cycle before"),
        None => format!("{share}% of pages were false alarms"),
    };
    let weight = 5.0 + float(was.map_or(0, |was| (was - share).abs())) / 10.0;
    let one = proposal(weight, "false-alarms", kind, Topic::Metric, summary)
        .number("false alarms", was.map(|was| was.to_string()), share.to_string(), "%")
        .compared(format!(
            "{} of {} that were judged; cycle before: {} of {}",
            alarms.now, judged.now, alarms.before, judged.before
        ));
    Some(one.link(format!("/teams/{}/alert-rules", f.slug)))
}

fn of_support(f: &Facts) -> Vec<Making> {
    let each =
        f.support.iter().filter(|(_, n)| n.now + n.before >= 2 && n.now != n.before).map(|(category, n)| {
            let fewer = n.now < n.before;
            let kind = if fewer { Kind::Win } else { Kind::Challenge };
            let label = category.label();
            let summary = format!("{} requests for support of the kind {label:?}, after {}", n.now, n.before);
            proposal(
                2.0 + float((n.now - n.before).abs()),
                format!("support:{}", category.as_str()),
                kind,
                Topic::Operations,
                summary,
            )
            .number("requests for support", Some(n.before.to_string()), n.now.to_string(), "")
            .compared(format!("cycle before: {}; what removes it is {}", n.before, category.remedy()))
            .link(format!("/support/teams/{}/weeks", f.slug))
        });
    each.collect()
}

fn of_provisioning(f: &Facts) -> Vec<Making> {
    let each = f.made.iter().filter(|m| m.count.now > 0).map(|m| {
        let took = m.seconds.map_or_else(String::new, |s| format!(", half of them within {}", duration(s)));
        let (key, summary, link) = if m.offered {
            let summary = format!("{} × {} handed out by self-service{took}", m.count.now, m.title);
            ("provided", summary, format!("/provision/{}/about", m.name))
        } else {
            let summary = format!("{} × {} had by self-service{took}", m.count.now, m.title);
            ("had", summary, "/provision/requests".to_owned())
        };
        let mut one = proposal(
            if m.offered { 3.0 } else { 1.0 } + float(m.count.now) / 10.0,
            format!("{key}:{}", m.name),
            Kind::Win,
            Topic::Initiative,
            summary,
        )
        .number(&m.title, Some(m.count.before.to_string()), m.count.now.to_string(), "")
        .compared(format!("cycle before: {}", m.count.before))
        .link(link);
        if let Some(seconds) = m.seconds {
            one = one.number("lead time", m.seconds_before.map(duration), duration(seconds), "");
        }
        one
    });
    each.collect()
}

/// What found an owner, in words.
fn orphans(count: usize) -> String {
    match count {
        1 => "A thing that belonged to nobody has an owner now".to_owned(),
        n => format!("{n} things that belonged to nobody have an owner now"),
    }
}

/// Findings that were repaired, and what went from and to other teams.
fn of_ownership(f: &Facts) -> Vec<Making> {
    let mut all = Vec::new();
    let link = || format!("/teams/{}", f.slug);
    let repaired: Vec<_> = f.handed.iter().filter(|h| h.taken && h.was_nobodys).collect();
    let count = i64::try_from(repaired.len()).unwrap_or(0) + f.confirmed;
    if count > 0 {
        let summary = match (repaired.len(), f.confirmed) {
            (0, confirmed) => format!("{confirmed} confirmed as still owned by {}", f.team),
            (taken, 0) => orphans(taken),
            (taken, confirmed) => format!("{}, {confirmed} confirmed", orphans(taken)),
        };
        let one = proposal(1.5 + float(count) / 10.0, "ownership", Kind::Win, Topic::Operations, summary)
            .number("findings of ownership repaired", None, count.to_string(), "")
            .link(link());
        all.push(one.about(repaired.iter().map(|h| &h.entity_ref)));
    }
    for (key, taken) in [("taken-over", true), ("handed-over", false)] {
        let these: Vec<_> =
            f.handed.iter().filter(|h| h.taken == taken && !(h.taken && h.was_nobodys)).collect();
        let Some(first) = these.first() else { continue };
        let other = first.other.as_deref().filter(|_| these.iter().all(|h| h.other == first.other));
        let what = named(&these.iter().map(|h| h.title.as_str()).collect::<Vec<_>>());
        let summary = match (taken, other) {
            (true, Some(other)) => format!("Took over {what} from {other}"),
            (true, None) => format!("Took over {what}"),
            (false, Some(other)) => format!("Handed {what} over to {other}"),
            (false, None) => format!("Handed {what} over"),
        };
        let one = proposal(3.0, key, Kind::Win, Topic::Initiative, summary)
            .number(if taken { "taken over" } else { "handed over" }, None, these.len().to_string(), "")
            .link(link());
        all.push(one.about(these.iter().map(|h| &h.entity_ref)));
    }
    all
}

fn changes(n: i64) -> String {
    if n == 1 { "1 change".into() } else { format!("{n} changes") }
}

fn of_changes(f: &Facts) -> Option<Making> {
    let (all, wrong) = (f.changes, f.wrong);
    if all.now == 0 {
        return None;
    }
    let share = percent(wrong.now, all.now);
    let was = (all.before > 0).then(|| percent(wrong.before, all.before));
    let worse = wrong.now > 1 && was.is_none_or(|was| share > was);
    let kind = if worse { Kind::Challenge } else { Kind::Win };
    let summary = match wrong.now {
        0 => format!("{} in production, none rolled back", changes(all.now)),
        n => format!("{} in production, {n} failed or rolled back", changes(all.now)),
    };
    let weight = if worse { 5.0 } else { 2.0 };
    let one = proposal(weight + float(wrong.now) / 5.0, "changes", kind, Topic::Operations, summary)
        .number("changes", Some(all.before.to_string()), all.now.to_string(), "")
        .number("failed or rolled back", was.map(|was| was.to_string()), share.to_string(), "%")
        .compared(format!("cycle before: {}, {} failed or rolled back", changes(all.before), wrong.before));
    Some(one.link(format!("/changes?team={}", f.slug)))
}

fn of_incidents(f: &Facts) -> Option<Making> {
    let now = i64::try_from(f.incidents.len()).unwrap_or(0);
    let before = f.incidents_before;
    let compared = format!("cycle before: {before}");
    let Some(worst) = f.incidents.first() else {
        return (before > 0).then(|| {
            let summary = format!("No incidents, after {before} the cycle before");
            proposal(6.0, "incidents", Kind::Win, Topic::Operations, summary)
                .number("incidents", Some(before.to_string()), "0".into(), "")
                .compared(compared)
                .link(format!("/incidents?team={}", f.slug))
        });
    };
    let summary = if now == 1 {
        format!("An incident of severity {}: {}", worst.severity, short(&worst.title))
    } else {
        format!("{now} incidents, the worst of severity {}: {}", worst.severity, short(&worst.title))
    };
    let weight = 10.0 - f64::from(worst.severity) + float(now) / 5.0;
    let mut one = proposal(weight, "incidents", Kind::Challenge, Topic::Operations, summary)
        .number("incidents", Some(before.to_string()), now.to_string(), "")
        .compared(compared)
        .link(format!("/incidents/{}", worst.number));
    if let Some(minutes) = worst.minutes {
        one = one.number("until it did not hurt any more", None, duration(float(minutes) * 60.0), "");
    }
    Some(one)
}

fn of_objectives(f: &Facts) -> Option<Making> {
    if f.objectives.is_empty() {
        return None;
    }
    let titles: Vec<_> = f.objectives.iter().map(|(_, title)| title.as_str()).collect();
    let summary = format!("Service level objectives of {} changed", named(&titles));
    let one = proposal(3.5, "objectives", Kind::Win, Topic::Metric, summary)
        .number("declared anew", None, f.objectives.len().to_string(), "")
        .link(format!("/teams/{}/review", f.slug));
    Some(one.about(f.objectives.iter().map(|(reference, _)| reference)))
}

fn of_people(f: &Facts) -> Vec<Making> {
    let each = f.moved.iter().map(|(handle, name, came)| {
        let (key, kind, summary) = if *came {
            ("joined", Kind::Win, format!("{name} joined {}", f.team))
        } else {
            ("left", Kind::Challenge, format!("{name} left {}", f.team))
        };
        proposal(4.0, format!("{key}:{handle}"), kind, Topic::People, summary)
            .link(format!("/people/{handle}"))
    });
    each.collect()
}

fn of_shift_notes(f: &Facts) -> Option<Making> {
    let Pair { now, before } = f.shift_notes;
    (now > 0).then(|| {
        let notes = if now == 1 { "A shift was".to_owned() } else { format!("{now} shifts were") };
        proposal(0.5, "shift-notes", Kind::Win, Topic::Operations, format!("{notes} handed over with a note"))
            .number("notes", Some(before.to_string()), now.to_string(), "")
            .compared(format!("cycle before: {before}"))
            .link(format!("/teams/{}/review", f.slug))
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of a fortnight are far below 2^52")]
fn float(n: i64) -> f64 {
    n as f64
}

/// Whole per cent, rounded.
fn percent(part: i64, whole: i64) -> i64 {
    (100 * part + whole / 2) / whole.max(1)
}

/// With one digit behind the point where there is one.
fn decimal(x: f64) -> String {
    let text = format!("{x:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// `40 s`, `4 min`, `3.5 h`, `2 days`.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 90.0 * 60.0 => format!("{:.0} min", s / 60.0),
        s if s < 36.0 * 3600.0 => format!("{} h", decimal(s / 3600.0)),
        s => format!("{} days", decimal(s / 86400.0)),
    }
}

/// The first names of a list, and how many more.
fn named(all: &[&str]) -> String {
    match all {
        [] => String::new(),
        [one] => short(one),
        [one, two] => format!("{} and {}", short(one), short(two)),
        [one, two, rest @ ..] => format!("{}, {} and {} more", short(one), short(two), rest.len()),
    }
}

/// A name from elsewhere, short enough for a summary.
fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet() -> Facts {
        Facts {
            team: "Basket".into(),
            slug: "basket".into(),
            weeks: 2.0,
            weeks_before: 2.0,
            good: 2,
            most: 5,
            ..Facts::default()
        }
    }

    fn told(facts: &Facts) -> Vec<(String, Kind, String)> {
        propose(facts).into_iter().map(|p| (p.key, p.kind, p.words.summary)).collect()
    }

    #[test]
    fn where_nothing_is_recorded_nothing_is_proposed() {
        assert_eq!(told(&quiet()), []);
    }

    #[test]
    fn pages_are_measured_by_the_cycle_before_and_by_what_can_be_borne() {
        let of = |now, before| {
            let pages = Pages { all: Pair { now, before }, ..Pages::default() };
            propose(&Facts { pages, ..quiet() }).remove(0)
        };
        let fewer = of(3, 22);
        assert_eq!(
            (fewer.kind, fewer.words.summary.as_str()),
            (Kind::Win, "1.5 pages a week, after 11 the cycle before")
        );
        assert_eq!(fewer.compared, "cycle before: 11 a week; 2 are good");
        assert_eq!(fewer.words.numbers[0].to_string(), "pages: 11 → 1.5 a week");
        assert_eq!(of(6, 4).kind, Kind::Challenge, "more than before");
        let many = of(12, 20);
        assert_eq!(
            (many.kind, many.compared.as_str()),
            (Kind::Challenge, "cycle before: 10 a week; more than 5 cannot be borne")
        );
        assert_eq!(of(6, 20).compared, "cycle before: 10 a week; 2 are good, 5 the most");
    }

    #[test]
    fn false_alarms_are_a_share_of_what_was_judged() {
        let pages = Pages {
            all: Pair { now: 8, before: 8 },
            judged: Pair { now: 8, before: 4 },
            false_alarms: Pair { now: 1, before: 3 },
        };
        let all = propose(&Facts { pages, ..quiet() });
        let alarms = all.iter().find(|p| p.key == "false-alarms").expect("it is told");
        assert_eq!(
            (alarms.kind, alarms.words.summary.as_str()),
            (Kind::Win, "13% of pages were false alarms, after 75%")
        );
        assert_eq!(alarms.compared, "1 of 8 that were judged; cycle before: 3 of 4");
    }

    #[test]
    fn what_hurt_stands_first_and_people_come_by_name() {
        let facts = Facts {
            incidents: vec![Ran {
                number: 7,
                title: "Baskets were empty".into(),
                severity: 1,
                minutes: Some(47),
            }],
            moved: vec![("tor".into(), "Tor Lund".into(), true), ("pia".into(), "Pia Berg".into(), false)],
            changes: Pair { now: 20, before: 18 },
            ..quiet()
        };
        assert_eq!(
            told(&facts),
            [
                ("incidents".into(), Kind::Challenge, "An incident of severity 1: Baskets were empty".into()),
                ("joined:tor".into(), Kind::Win, "Tor Lund joined Basket".into()),
                ("left:pia".into(), Kind::Challenge, "Pia Berg left Basket".into()),
                ("changes".into(), Kind::Win, "20 changes in production, none rolled back".into()),
            ]
        );
    }

    #[test]
    fn what_belonged_to_nobody_is_a_repair_and_the_rest_a_hand_over() {
        let thing = |title: &str, taken, was_nobodys, other: Option<&str>| Handed {
            entity_ref: format!("component:default/{title}"),
            title: title.into(),
            taken,
            was_nobodys,
            other: other.map(str::to_owned),
        };
        let handed = vec![
            thing("cart", true, true, None),
            thing("prices", true, false, Some("Pricing")),
            thing("search", false, false, Some("Crane")),
        ];
        let all = propose(&Facts { handed, confirmed: 4, ..quiet() });
        let said =
            |key: &str| all.iter().find(|p| p.key == key).map(|p| (p.words.summary.as_str(), p.about.len()));
        assert_eq!(
            said("ownership"),
            Some(("A thing that belonged to nobody has an owner now, 4 confirmed", 1))
        );
        assert_eq!(said("taken-over"), Some(("Took over prices from Pricing", 1)));
        assert_eq!(said("handed-over"), Some(("Handed search over to Crane", 1)));
    }

    #[test]
    fn durations_and_figures_read_well() {
        assert_eq!([40.0, 240.0, 12_600.0, 172_800.0].map(duration), ["40 s", "4 min", "3.5 h", "2 days"]);
        assert_eq!((decimal(2.0), decimal(2.25), percent(1, 3)), ("2".into(), "2.2".into(), 33));
        assert_eq!(named(&["a", "b", "c", "d"]), "a, b and 2 more");
    }
}
