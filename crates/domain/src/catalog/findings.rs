//! What drifted: people leave, teams merge, descriptors fall behind, schedules have holes. Each finding says what follows from it, since when,
//! and which page mends it. They are read from the catalog as it is, so a repaired one is gone.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::store::findings as store;
use crate::{Cursor, Cx, EntityId, Error, Limit, Page, Result, people, settings};

/// What kind of drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum Kind {
    /// No owner at all.
    NoOwner,
    /// The owner is named, and nobody knows that name.
    OwnerUnknown,
    /// The owning team has nobody active.
    TeamEmpty,
    /// The owning person is not active any more.
    OwnerInactive,
    /// Time of a schedule that nobody has.
    ScheduleGap,
    /// Somebody on a schedule whom nothing reaches.
    ScheduleUnreachable,
    /// Tier 0 or 1, and nobody is on call for it at some hours.
    #[serde(rename = "no-24x7")]
    #[sqlx(rename = "no-24x7")]
    NotRoundTheClock,
    /// Somebody on call on two schedules at once.
    ScheduleTwice,
    /// Somebody on a schedule while they are away.
    ScheduleAway,
    /// Tier 0 or 1 without a runbook.
    NoRunbook,
    /// Its source does not name it any more.
    Orphaned,
    /// It speaks of something that does not exist.
    Dangling,
    /// The descriptor names another owner than the one in force.
    DescriptorDrift,
    /// Nobody said "still ours" for longer than the setting allows.
    NotConfirmed,
}

impl Kind {
    /// All kinds, what hurts most first.
    pub const ALL: [Self; 14] = [
        Self::NoOwner,
        Self::OwnerUnknown,
        Self::TeamEmpty,
        Self::OwnerInactive,
        Self::ScheduleGap,
        Self::ScheduleUnreachable,
        Self::NotRoundTheClock,
        Self::ScheduleTwice,
        Self::ScheduleAway,
        Self::NoRunbook,
        Self::Orphaned,
        Self::Dangling,
        Self::DescriptorDrift,
        Self::NotConfirmed,
    ];

    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoOwner => "no-owner",
            Self::OwnerUnknown => "owner-unknown",
            Self::TeamEmpty => "team-empty",
            Self::OwnerInactive => "owner-inactive",
            Self::ScheduleGap => "schedule-gap",
            Self::ScheduleUnreachable => "schedule-unreachable",
            Self::NotRoundTheClock => "no-24x7",
            Self::ScheduleTwice => "schedule-twice",
            Self::ScheduleAway => "schedule-away",
            Self::NoRunbook => "no-runbook",
            Self::Orphaned => "orphaned",
            Self::Dangling => "dangling",
            Self::DescriptorDrift => "descriptor-drift",
            Self::NotConfirmed => "not-confirmed",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::NoOwner => "No owner",
            Self::OwnerUnknown => "Owner unknown",
            Self::TeamEmpty => "Team is empty",
            Self::OwnerInactive => "Owner has left",
            Self::ScheduleGap => "Gap in a schedule",
            Self::ScheduleUnreachable => "Cannot be reached",
            Self::NotRoundTheClock => "Not on call 24x7",
            Self::ScheduleTwice => "Twice on call",
            Self::ScheduleAway => "On call while away",
            Self::NoRunbook => "No runbook",
            Self::Orphaned => "Orphaned",
            Self::Dangling => "Points at nothing",
            Self::DescriptorDrift => "Descriptor behind",
            Self::NotConfirmed => "Owner not confirmed",
        }
    }

    /// Whether somebody is hurt by it at night, and not only misled by day.
    pub fn is_danger(self) -> bool {
        matches!(
            self,
            Self::NoOwner
                | Self::OwnerUnknown
                | Self::TeamEmpty
                | Self::OwnerInactive
                | Self::ScheduleGap
                | Self::ScheduleUnreachable
                | Self::NotRoundTheClock
                | Self::NoRunbook
        )
    }
}

impl std::str::FromStr for Kind {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == s).ok_or_else(|| {
            let words: Vec<_> = Self::ALL.iter().map(|k| k.as_str()).collect();
            Error::invalid("kind", format!("must be one of {}", words.join(", ")))
        })
    }
}

/// One thing to mend.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What kind.
    pub kind: Kind,
    /// Where; none if it is a schedule.
    pub entity_id: Option<EntityId>,
    /// Its reference; of a schedule `schedule:slug`.
    pub entity_ref: String,
    /// Its kind, or `schedule`.
    pub entity_kind: String,
    /// Its title, else name.
    pub entity_title: String,
    /// Its tier.
    pub tier: Option<i16>,
    /// Slug of the team that owns it.
    pub team: Option<String>,
    /// Name of that team.
    pub team_name: Option<String>,
    /// Since when; of what is to come, from when on.
    pub since: Timestamp,
    /// What it speaks of: the unknown owner, the missing references, the source.
    pub detail: Vec<String>,
    pub(crate) weight: i32,
}

/// How a finding is mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repair {
    /// Verb with an object.
    pub label: &'static str,
    /// Path of the page that does it.
    pub href: String,
}

impl Finding {
    /// What follows from it, for whom.
    pub fn consequence(&self) -> String {
        let one = self.detail.first().map_or("", String::as_str);
        match self.kind {
            Kind::NoOwner => "Whoever is paged for it is nobody.".into(),
            Kind::OwnerUnknown => format!(
                "It names {one} as its owner, and there is no such team or person here: a page reaches nobody."
            ),
            Kind::TeamEmpty => format!("{one} owns it and has no active member: a page reaches nobody."),
            Kind::OwnerInactive => {
                format!("{one} owns it and is not active any more: a page reaches nobody.")
            }
            Kind::NotRoundTheClock => {
                let tier = self.tier.map_or_else(String::new, |t| format!("Tier {t}: "));
                format!(
                    "{tier}{one} has nobody on call for it at some hours, and a page then falls through to a lead."
                )
            }
            Kind::ScheduleGap => match one.parse::<u64>() {
                Ok(n) if n > 1 => format!(
                    "{n} times in the next eight weeks nobody has it: a page then goes to a lead, who may not expect it."
                ),
                _ => "In the next eight weeks nobody has it for a time: a page then goes to a lead, who may not expect it."
                    .into(),
            },
            Kind::ScheduleUnreachable => {
                format!("Neither an address nor a number is known of {}: a page reaches nobody.", few(&self.detail))
            }
            Kind::ScheduleTwice => self.twice(one),
            Kind::ScheduleAway => {
                format!("Away then, as their own calendars say: {}. Let somebody else take it in time.", few(&self.detail))
            }
            Kind::NoRunbook => {
                let tier = self.tier.map_or_else(String::new, |t| format!("Tier {t}: "));
                format!("{tier}whoever is woken by it starts from nothing.")
            }
            Kind::Orphaned if one.is_empty() => {
                "Its source does not name it any more: it may be gone, or its facts grow old.".into()
            }
            Kind::Orphaned => {
                format!("{one} does not name it any more: it may be gone, or its facts grow old.")
            }
            Kind::Dangling => format!(
                "It names {}, which the catalog does not know: what breaks with it is not seen.",
                few(&self.detail)
            ),
            Kind::DescriptorDrift => format!(
                "The descriptor still says {one}. Change it in {}, or the next edit there takes the service back.",
                self.place()
            ),
            Kind::NotConfirmed => "Nobody has said for long that it is still theirs.".into(),
        }
    }

    /// The person, and the other schedule; or the person, whose steps tell them twice and how those came, and the two steps.
    fn twice(&self, who: &str) -> String {
        match self.detail.get(1..).unwrap_or_default() {
            [whose, how, first, second] => {
                let steps = match how.as_str() {
                    "usual" => format!("the usual steps of {whose}"),
                    _ => format!("the policy {whose}"),
                };
                format!(
                    "{who} is step {first} and step {second} of {steps} then: who does not answer the first page does not answer the next."
                )
            }
            other => {
                let other = other.first().map_or("another schedule", String::as_str);
                format!(
                    "{who} is also on {other} then. If one stands behind the other, both pages wake the same person."
                )
            }
        }
    }

    fn place(&self) -> String {
        match (self.detail.get(1).map_or("", String::as_str), self.detail.get(2).map_or("", String::as_str)) {
            ("", _) => "its source".into(),
            (source, "") => source.into(),
            (source, file) => format!("{source}: {file}"),
        }
    }

    /// The page of what it is about.
    pub fn href(&self) -> String {
        page_of(&self.entity_ref)
    }

    /// The page that mends it.
    pub fn repair(&self) -> Repair {
        let page = self.href();
        match self.kind {
            Kind::ScheduleGap => Repair { label: "Fill the gap", href: page },
            Kind::ScheduleUnreachable | Kind::ScheduleTwice | Kind::ScheduleAway => {
                Repair { label: "See the schedule", href: page }
            }
            Kind::NoOwner | Kind::OwnerUnknown | Kind::TeamEmpty | Kind::OwnerInactive => {
                Repair { label: "Choose an owner", href: format!("{page}/hand-over") }
            }
            Kind::NotRoundTheClock => Repair { label: "See who is paged", href: format!("{page}/paging") },
            Kind::NoRunbook => Repair { label: "Add the link", href: format!("{page}/edit") },
            Kind::Orphaned => Repair { label: "Look at it", href: page },
            Kind::Dangling => Repair { label: "See what it names", href: format!("{page}#relations") },
            Kind::DescriptorDrift => Repair { label: "See the owners", href: format!("{page}/hand-over") },
            Kind::NotConfirmed => Repair { label: "Confirm or hand over", href: format!("{page}/hand-over") },
        }
    }
}

fn few(all: &[String]) -> String {
    match all {
        [] => "something".into(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
    }
}

/// Path of the page of an entity or a schedule.
fn page_of(entity_ref: &str) -> String {
    if let Some(slug) = entity_ref.strip_prefix("schedule:") {
        return format!("/schedules/{slug}");
    }
    format!("/catalog/{}", entity_ref.replacen(':', "/", 1))
}

/// Which findings; empty means all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only what this team owns (slug).
    pub team: Option<String>,
    /// Only what the actor's own teams own.
    pub mine: bool,
    /// None of these kinds.
    pub but: &'static [Kind],
}

/// A team without anybody active, with what that leaves alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmptyTeam {
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// How many things it owns; each of them is a [`Kind::TeamEmpty`].
    pub things: i64,
    /// The most critical of their tiers.
    pub tier: Option<i16>,
}

/// What a statement is asked for: names turned into keys, the settings into an instant.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) kind: Option<Kind>,
    pub(crate) but: &'static [Kind],
    pub(crate) teams: Option<Vec<uuid::Uuid>>,
    pub(crate) unconfirmed_before: Option<Timestamp>,
}

/// Findings, what hurts most first, with how many there are.
pub async fn list(
    cx: &mut Cx<'_>,
    filter: &Filter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Finding>> {
    let asked = asked(cx, filter).await?;
    let key = after.as_ref().map(Cursor::key::<(i32, String, String)>).transpose()?;
    let rows = store::list(cx, &asked, key, limit).await?;
    let total: i64 = store::counts(cx, &asked).await?.iter().map(|(_, n)| n).sum();
    Ok(Page::cut(rows, limit, total, after.as_ref(), |f| {
        (f.weight, f.entity_ref.clone(), f.kind.as_str().to_owned())
    }))
}

/// How many there are of each kind, whatever kind the filter names.
pub async fn counts(cx: &mut Cx<'_>, filter: &Filter) -> Result<Vec<(Kind, i64)>> {
    let asked = Asked { kind: None, ..asked(cx, filter).await? };
    let counted = store::counts(cx, &asked).await?;
    Ok(Kind::ALL.into_iter().filter_map(|kind| counted.iter().find(|(k, _)| *k == kind).copied()).collect())
}

/// The empty ones among the actor's own teams and those below them, what would hurt most first: said once a team, where
/// the list of findings says it of each thing.
pub async fn empty_teams(cx: &mut Cx<'_>) -> Result<Vec<EmptyTeam>> {
    let me = cx.reader()?;
    let teams: Vec<_> = people::teams_answered_for(cx, me).await?.into_iter().map(|t| t.0).collect();
    store::empty_teams(cx, &teams).await
}

/// Findings of one entity; there are never many.
pub async fn of_entity(cx: &mut Cx<'_>, entity: EntityId) -> Result<Vec<Finding>> {
    cx.reader()?;
    let unconfirmed_before = cutoff(cx).await?;
    store::of_entity(cx, entity, unconfirmed_before).await
}

async fn asked(cx: &mut Cx<'_>, filter: &Filter) -> Result<Asked> {
    let me = cx.reader()?;
    let teams = match (&filter.team, filter.mine) {
        (Some(slug), _) => Some(vec![
            super::store::ownership::team(cx, Some(&slug.to_lowercase()), None)
                .await?
                .and_then(|t| t.team)
                .ok_or_else(|| Error::not_found("team", slug))?
                .0,
        ]),
        (None, true) => Some(people::teams_answered_for(cx, me).await?.into_iter().map(|t| t.0).collect()),
        (None, false) => None,
    };
    let unconfirmed_before = cutoff(cx).await?;
    Ok(Asked { kind: filter.kind, but: filter.but, teams, unconfirmed_before })
}

async fn cutoff(cx: &mut Cx<'_>) -> Result<Option<Timestamp>> {
    let days = settings::read(cx).await?.confirm_after_days;
    Ok(days.map(|d| cx.now().saturating_sub(SignedDuration::from_hours(24 * d)).unwrap_or_default()))
}

/// What the actor is asked to confirm now: nothing unless the setting asks at all, and never more often a month than it
/// allows. Saying "all still ours" counts as one answer.
pub async fn asked_of_me(cx: &mut Cx<'_>) -> Result<Vec<Finding>> {
    let me = cx.reader()?;
    let settings = settings::read(cx).await?;
    if settings.confirm_after_days.is_none() {
        return Ok(Vec::new());
    }
    let month = cx.now().saturating_sub(SignedDuration::from_hours(24 * 30)).unwrap_or_default();
    let left = settings.confirm_asks_a_month - store::answers_since(cx, me, month).await?;
    if left < 1 {
        return Ok(Vec::new());
    }
    let filter = Filter { kind: Some(Kind::NotConfirmed), mine: true, ..Filter::default() };
    Ok(list(cx, &filter, None, Limit::new(left)?).await?.items)
}

#[cfg(test)]
mod tests {
    use super::{Kind, few, page_of};

    #[test]
    fn words_and_kinds_are_the_same_list() {
        for kind in Kind::ALL {
            assert_eq!(kind.as_str().parse::<Kind>().unwrap(), kind);
        }
        assert!("nonsense".parse::<Kind>().is_err());
    }

    #[test]
    fn many_missing_things_are_told_in_few_words() {
        let names = |n: usize| (1..=n).map(|i| format!("api:default/a{i}")).collect::<Vec<_>>();
        assert_eq!(few(&names(1)), "api:default/a1");
        assert_eq!(few(&names(2)), "api:default/a1 and api:default/a2");
        assert_eq!(few(&names(5)), "api:default/a1, api:default/a2 and 3 more");
    }

    #[test]
    fn a_reference_has_a_page() {
        assert_eq!(page_of("component:default/checkout-api"), "/catalog/component/default/checkout-api");
        assert_eq!(page_of("schedule:basket-primary"), "/schedules/basket-primary");
    }
}
