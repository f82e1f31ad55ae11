//! One schedule: who it is now and next, its week or month, what is wrong with it, what is about to change.

use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use jiff::SignedDuration;
use portolan_domain::{
    Cx, Limit, PersonId, Result as Outcome,
    paging::{self, IfNoAnswer, ToldTwice},
    people::{self, PersonName},
    rota::{
        self, Away, Contact, CoverRecord, Duty, LayerRecord, OnCall, Rotation, Schedule, Swap, SwapFilter,
        SwapState, Warning, load::PersonShare,
    },
};

use super::{
    names,
    picture::{Frame, Range, instants},
    wrong::{Wrong, wrong},
};
use crate::{
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
};

/// The address bar holds the whole state.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    view: String,
    #[serde(default)]
    from: String,
}

#[derive(Template)]
#[template(path = "rota/schedule.html")]
struct SchedulePage {
    shell: Shell,
    schedule: Schedule,
    now: OnCall,
    /// Whom a page goes to next.
    if_no_answer: Option<IfNoAnswer>,
    /// Who would be asked, now that nobody is on call.
    lead: Option<PersonName>,
    mine: Option<Duty>,
    warnings: Vec<Wrong>,
    /// Absences of those who have shifts in the range.
    away: Vec<Away>,
    range: Range,
    svg: String,
    duties: Vec<Duty>,
    layers: Vec<LayerRecord>,
    people: HashMap<PersonId, Contact>,
    /// Who takes turns, now or to come.
    people_in_turn: Vec<PersonId>,
    covers: Vec<CoverRecord>,
    swaps: Vec<Swap>,
    me: Option<PersonId>,
    may_edit: bool,
    /// What the shifts of its people come to; none for those whom it does not concern.
    shares: Option<Vec<PersonShare>>,
}

/// A warning as the page says it: tone, bold part, the rest, and the way to mend it.
struct Told {
    tone: &'static str,
    lead: String,
    text: String,
    address: String,
    words: &'static str,
}

impl SchedulePage {
    fn is_support(&self) -> bool {
        self.schedule.purpose == rota::Purpose::Support
    }

    /// Whether the viewer reads other hours than the schedule's people.
    fn is_elsewhere(&self) -> bool {
        self.shell.is_elsewhere(&self.schedule.time_zone)
    }

    /// The address for somebody to take a time over; filled in.
    fn take(&self, start: jiff::Timestamp, end: jiff::Timestamp, out: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("start", &start.to_string()).append_pair("end", &end.to_string());
        if let Some(out) = out {
            query.append_pair("out", out);
        }
        format!("{}/override?{}", super::address(&self.schedule.slug), query.finish())
    }

    fn take_duty(&self, duty: &Duty) -> String {
        let out = matches!(duty.held, rota::Held::Person | rota::Held::Vacant);
        let handle = duty.person.as_ref().filter(|_| out).map(|p| p.handle.as_str());
        self.take(duty.start.max(self.shell.now), duty.end, handle)
    }

    /// Whether the viewer may let somebody else take a shift: their own, or any of their team.
    fn may_give(&self, duty: &Duty) -> bool {
        let ahead = duty.end > self.shell.now && self.schedule.closed_at.is_none();
        ahead && self.may_arrange(duty.on_call().map(|p| p.id))
    }

    /// Where the viewer lets somebody else take over: whatever they choose, or their own next shift; none if they have
    /// nothing to arrange here.
    fn give(&self) -> Option<String> {
        let all = || format!("{}/override", super::address(&self.schedule.slug));
        let own = || self.mine.as_ref().filter(|_| self.schedule.closed_at.is_none());
        if self.may_edit { Some(all()) } else { own().map(|duty| self.take_duty(duty)) }
    }

    /// Whether the viewer may take a swap: who is asked by name, else who takes turns here; and the team any.
    fn may_take(&self, swap: &Swap) -> bool {
        let Some(me) = self.me.filter(|_| self.schedule.closed_at.is_none()) else { return false };
        let asked = match &swap.asked {
            Some(asked) => asked.id == me,
            None => self.people_in_turn.contains(&me),
        };
        swap.asker.id != me && (self.may_edit || asked)
    }

    fn may_arrange(&self, whose: Option<PersonId>) -> bool {
        self.may_edit || (whose.is_some() && whose == self.me)
    }

    fn is_now(&self, duty: &Duty) -> bool {
        duty.is_at(self.shell.now)
    }

    fn state(&self, swap: &Swap) -> SwapState {
        swap.state(self.shell.now)
    }

    fn may_withdraw(&self, swap: &Swap) -> bool {
        self.may_arrange(Some(swap.asker.id))
    }

    fn may_take_back(&self, cover: &CoverRecord) -> bool {
        self.may_arrange(cover.out.as_ref().map(|p| p.id))
    }

    fn is_party(&self, swap: &Swap) -> bool {
        self.may_arrange(Some(swap.asker.id)) || swap.taker.as_ref().is_some_and(|t| Some(t.id) == self.me)
    }

    fn order(&self, rotation: &Rotation) -> Vec<String> {
        let name = |p: &Option<PersonId>| match p.map(|id| self.people.get(&id)) {
            Some(Some(person)) => person.name.clone(),
            Some(None) => "somebody unknown".into(),
            None => "nobody".into(),
        };
        rotation.participants.iter().map(name).collect()
    }

    /// When whoever has a shift is away meanwhile, in words.
    fn away(&self, duty: &Duty) -> Option<String> {
        super::away_words(&self.shell, duty, &self.away)
    }

    /// A warning with the way to mend it, for those who may.
    fn told(&self, wrong: &Wrong) -> Told {
        let told = self.said(wrong);
        if told.address.contains("/override") && !self.may_edit {
            return Told { address: String::new(), ..told };
        }
        told
    }

    fn said(&self, wrong: &Wrong) -> Told {
        let (tone, at) = (wrong.tone(), |start, end| self.shell.span(start, end));
        let warning = match wrong {
            Wrong::Schedule(warning) => warning,
            Wrong::Policy(twice) => return self.told_twice(tone, twice),
        };
        match warning {
            Warning::Gap { start, end, .. } => Told {
                tone,
                lead: format!("Nobody on call: {}.", at(start, end)),
                text: "A page then goes to whoever leads the team, who may not expect it.".into(),
                address: self.take(*start, *end, None),
                words: "Fill the gap",
            },
            Warning::Vacant { start, end, person, .. } => Told {
                tone,
                lead: format!("Nobody on call: {}.", at(start, end)),
                text: format!("It is the turn of {}, who is no longer here.", person.name),
                address: self.take(*start, *end, Some(&person.handle)),
                words: "Give it to somebody",
            },
            Warning::Unreachable { person, .. } => Told {
                tone,
                lead: format!("{} cannot be reached.", person.name),
                text: "Neither an address nor a number is known, so a page would reach nobody.".into(),
                address: format!("/people/{}", crate::address::segment(&person.handle)),
                words: "See what is known",
            },
            Warning::DoubleBooked { start, end, person, other, .. } => Told {
                tone,
                lead: format!("{} is in two places: {}.", person.name, at(start, end)),
                text: format!(
                    "Also on {}. If one stands behind the other, both pages wake the same person.",
                    other.name
                ),
                address: self.take(*start, *end, Some(&person.handle)),
                words: "Let somebody else take it",
            },
            Warning::Away { start, end, person, .. } => Told {
                tone,
                lead: format!("{} is away: {}.", person.name, at(start, end)),
                text: "Their own calendar says so, and it is their turn then.".into(),
                address: self.take(*start, *end, Some(&person.handle)),
                words: "Let somebody else take it",
            },
        }
    }

    fn told_twice(&self, tone: &'static str, twice: &ToldTwice) -> Told {
        let both = twice.schedules.0.is_some() && twice.schedules.1.is_some();
        let steps = match &twice.policy {
            Some(policy) => format!("/escalation-policies/{}", crate::address::segment(&policy.slug)),
            None => format!("/teams/{}/paging", crate::address::segment(&twice.team.slug)),
        };
        Told {
            tone,
            lead: format!(
                "{} is step {} and step {}: {}.",
                twice.person.name,
                twice.step,
                twice.step + 1,
                self.shell.span(twice.start, twice.end)
            ),
            text: format!(
                "Of {}: who does not answer the first page does not answer the next.",
                twice.whose()
            ),
            // of two schedules a turn is given away; a step that names somebody is better mended itself
            address: if both { self.take(twice.start, twice.end, Some(&twice.person.handle)) } else { steps },
            words: if both { "Let somebody else take it" } else { "See the steps" },
        }
    }

    fn coverage(&self) -> Vec<String> {
        self.schedule.windows().map(super::windows::written).unwrap_or_default()
    }
}

/// How far ahead one's own next shift is looked for.
const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 120);

pub(super) async fn show(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let shell = viewer.shell(Nav::OnCall);
    let schedule = rota::schedule(&mut viewer.cx(), &slug).await?;
    let today = shell.now.to_zoned(schedule.zone()).date();
    let range = Range::around(asked.view == "month", asked.from.parse().ok(), today);
    let (start, end) = instants(&range, &schedule.zone());
    let cx = &mut viewer.cx();
    let duties = rota::shifts_of_schedule(cx, &schedule, start, end).await?;
    let plan = rota::plan_of(cx, &schedule, start).await?;
    let layers = rota::layers(cx, schedule.id).await?;
    let now = rota::on_schedule(cx, &schedule, shell.now).await?;
    let asked_instead =
        if now.first().is_none() { people::leads_to_ask(cx, schedule.team.id).await? } else { Vec::new() };
    let if_no_answer = paging::if_no_answer(cx, &schedule).await?;
    let warnings = wrong(cx, &[schedule.id]).await?;
    let away = rota::away_during(cx, &duties).await?;
    let covers = rota::covers(cx, schedule.id, None, Limit::new(20)?).await?.items;
    let filter = SwapFilter { schedule: Some(schedule.id), ..SwapFilter::default() };
    let swaps = rota::swaps(cx, &filter, None, Limit::new(20)?).await?.items;
    let is_insider = people::team_rights(cx, schedule.team.id).await?.edit;
    let may_edit = is_insider && schedule.closed_at.is_none();
    let shares = if is_insider { shares(cx, &schedule).await? } else { None };
    let me = viewer.person();
    let mine = match me {
        Some(me) => rota::shifts_of_person(&mut viewer.cx(), me, shell.now, shell.now + AHEAD).await?,
        None => Vec::new(),
    };
    let mine = mine.into_iter().find(|d| d.schedule.id == schedule.id && d.held == rota::Held::Person);
    let frame = Frame {
        schedule: &schedule,
        plan: &plan,
        layers: &layers,
        duties: &duties,
        away: &away,
        range: &range,
    };
    let svg = frame.svg(&mut viewer, &shell).await?;
    let in_turn = layers.iter().flat_map(|l| &l.rotations).flat_map(|(_, r)| r.participants.iter().flatten());
    let mut ids: Vec<PersonId> = in_turn.copied().collect();
    ids.sort_unstable();
    ids.dedup();
    let people = names(&mut viewer, &ids).await?;
    page::html(&SchedulePage {
        shell,
        schedule,
        now,
        if_no_answer,
        lead: asked_instead.into_iter().next(),
        mine,
        warnings,
        away,
        range,
        svg,
        duties,
        layers,
        people,
        people_in_turn: ids,
        covers,
        swaps,
        me,
        may_edit,
        shares,
    })
}

/// What the shifts of the people of this schedule come to; nobody is woken by support.
async fn shares(cx: &mut Cx<'_>, schedule: &Schedule) -> Outcome<Option<Vec<PersonShare>>> {
    if schedule.purpose == rota::Purpose::Support {
        return Ok(None);
    }
    let mut people = rota::load::of_team(cx, &schedule.team.slug).await?.people;
    people.retain(|one| one.on.iter().any(|on| on.id == schedule.id));
    Ok(Some(people))
}
