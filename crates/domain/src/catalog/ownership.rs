//! Whose it is: hand it over, say that it is still ours, and look back at who had it.
//!
//! A hand-over is in force until the descriptor *changes* its word; meanwhile the difference is a finding with the
//! place to mend. Nothing is overwritten: every owner keeps the span in which it was theirs.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::{
    EntityRef,
    store::{apply::lock, ownership as store},
};
use crate::{
    Cx, EntityId, Error, Limit, OwnershipId, PersonId, Problem, Result, TeamId,
    activity::{self, Act, Changed},
    people,
};

/// An owner that exists: a team, or one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Owner {
    /// Reference as the catalog keeps it.
    pub owner_ref: String,
    /// Name for people.
    pub name: String,
    /// The team, if it is one.
    pub team: Option<TeamId>,
    /// Its slug.
    pub slug: Option<String>,
    /// The person, if it is one.
    pub person: Option<PersonId>,
    /// Whether somebody active answers for it.
    pub staffed: bool,
}

/// An entity as far as its ownership goes.
#[derive(Debug, Clone, Serialize)]
pub struct Owned {
    /// Key.
    pub id: EntityId,
    /// Reference.
    pub entity_ref: String,
    /// Kind.
    pub kind: String,
    /// Title, else name.
    pub title: String,
    /// Tier.
    pub tier: Option<i16>,
    /// Owner in force.
    pub owner_ref: Option<String>,
    /// The team it resolves to.
    pub team: Option<TeamId>,
    /// That team's name.
    pub team_name: Option<String>,
    /// The person it resolves to.
    pub person: Option<PersonId>,
    /// Whether somebody active answers for the owner.
    pub staffed: bool,
    /// What the descriptor says.
    pub declared: Option<String>,
    /// Where the descriptor lives, as `source: file`.
    pub declared_in: Option<String>,
    /// When the owner last said "still ours".
    pub confirmed_at: Option<Timestamp>,
    /// Raised at each edit.
    pub version: i64,
}

/// What came of a hand-over.
#[derive(Debug, Clone, Serialize)]
pub struct HandedOver {
    /// What was handed over.
    pub entity_ref: String,
    /// The owner before.
    pub from: Option<String>,
    /// The owner now.
    pub to: Owner,
    /// The entity's version now.
    pub version: i64,
    /// What the descriptor still says, if it says something else, and where.
    pub descriptor_says: Option<(String, String)>,
}

/// One span of ownership.
#[derive(Debug, Clone, Serialize)]
pub struct Span {
    /// Key.
    pub id: OwnershipId,
    /// Whose it was; none: nobody's.
    pub owner_ref: Option<String>,
    /// Name for people, if the owner is known today.
    pub name: Option<String>,
    /// Slug of the team, if it is one.
    pub slug: Option<String>,
    /// From when.
    pub from: Timestamp,
    /// Until when; none: still.
    pub until: Option<Timestamp>,
    /// `descriptor` or `portal`.
    pub origin: String,
    /// Handle of whoever said so.
    pub changed_by: Option<String>,
    /// Why.
    pub reason: String,
}

/// What a bulk hand-over would move, or has moved.
#[derive(Debug, Clone, Serialize)]
pub struct Bulk {
    /// The team that has it now.
    pub from: Owner,
    /// How many.
    pub total: i64,
    /// How many of each kind.
    pub by_kind: Vec<(String, i64)>,
    /// The first of them, services first.
    pub first: Vec<Owned>,
}

/// A service of one's own, with what happened to it last.
#[derive(Debug, Clone, Serialize)]
pub struct Mine {
    /// Reference.
    pub entity_ref: String,
    /// Title, else name.
    pub title: String,
    /// Kind.
    pub kind: String,
    /// Tier.
    pub tier: Option<i16>,
    /// Version, environment and instant of the last change.
    pub last: Option<(String, String, Timestamp)>,
}

/// What the actor's own teams own, services first, by tier; and how many there are.
pub async fn mine(cx: &mut Cx<'_>, limit: Limit) -> Result<(Vec<Mine>, i64)> {
    let me = cx.reader()?;
    let teams = people::teams_answered_for(cx, me).await?;
    store::mine(cx, &teams, limit.rows()).await
}

/// Whether there is anything in the catalog at all.
pub async fn is_catalog_empty(cx: &mut Cx<'_>) -> Result<bool> {
    cx.reader()?;
    store::is_empty(cx).await
}

/// A team, a Group, a User or a person, by slug, handle-reference or full reference.
pub async fn owner(cx: &mut Cx<'_>, word: &str) -> Result<Owner> {
    cx.reader()?;
    resolve(cx, "to", word).await
}

/// An entity as far as its ownership goes.
pub async fn owned(cx: &mut Cx<'_>, entity_ref: &str) -> Result<Owned> {
    cx.reader()?;
    store::owned(cx, &canonical(entity_ref)).await?.ok_or_else(|| Error::not_found("entity", entity_ref))
}

/// A bare name is a component of the default namespace; what is no reference at all is found nowhere.
fn canonical(entity_ref: &str) -> String {
    EntityRef::parse(entity_ref, Some("component"), "default")
        .map_or_else(|_| entity_ref.to_lowercase(), |r| r.to_string())
}

/// To whom the actor may hand it back, having given it away a moment ago.
pub async fn may_hand_back(cx: &mut Cx<'_>, thing: &Owned) -> Result<Option<Owner>> {
    let Ok(me) = cx.writer() else { return Ok(None) };
    let before = given_lately(cx, thing, me).await?;
    if before.is_empty() { Ok(None) } else { resolve(cx, "to", &before).await.map(Some) }
}

/// Whether the actor may hand it over, or take it if it is nobody's.
pub async fn may_hand_over(cx: &mut Cx<'_>, thing: &Owned) -> Result<bool> {
    let Ok(me) = cx.writer() else { return Ok(false) };
    if cx.admin().is_ok() || (thing.person == Some(me) && thing.team.is_none()) {
        return Ok(true);
    }
    if !thing.staffed {
        return Ok(!people::team_ids_of(cx, me).await?.is_empty());
    }
    match thing.team {
        Some(team) => Ok(people::team_rights(cx, team).await?.edit),
        None => Ok(false),
    }
}

/// Gives an entity to another owner. `version` is the one the caller looked at; another one now is [`Error::Stale`].
pub async fn hand_over(
    cx: &mut Cx<'_>,
    entity_ref: &str,
    to: &str,
    reason: &str,
    version: Option<i64>,
) -> Result<HandedOver> {
    cx.writer()?;
    let reason = checked_reason(reason)?;
    let entity_ref = canonical(entity_ref);
    cx.atomically(async |cx| {
        lock(cx).await?;
        store::lock(cx, &entity_ref).await?;
        let thing = owned(cx, &entity_ref).await?;
        let to = resolve(cx, "to", to).await?;
        may_give(cx, &thing, &to).await?;
        if version.is_some_and(|v| v != thing.version) {
            return Err(Error::Stale);
        }
        check_receiver(&thing, &to)?;
        let moved = store::give(cx, thing.id, &to).await?;
        store::close_spans(cx, &[thing.id]).await?;
        store::open_spans(cx, &[thing.id], &to.owner_ref, &reason).await?;
        activity::record(cx, act(&thing, &to, &reason)).await?;
        let descriptor_says =
            thing.declared.clone().filter(|d| *d != to.owner_ref).zip(thing.declared_in.clone());
        Ok(HandedOver {
            entity_ref: entity_ref.clone(),
            from: thing.owner_ref,
            to,
            version: moved,
            descriptor_says,
        })
    })
    .await
}

/// What a bulk hand-over of a team would move.
pub async fn preview(cx: &mut Cx<'_>, from: &str) -> Result<Bulk> {
    cx.reader()?;
    let from = resolve(cx, "from", from).await?;
    let Some(team) = from.team else { return Err(Error::invalid("from", "must be a team")) };
    let by_kind = store::kinds_of(cx, team).await?;
    let first = store::things_of(cx, team, Limit::default().rows()).await?;
    Ok(Bulk { from, total: by_kind.iter().map(|(_, n)| n).sum(), by_kind, first })
}

/// Gives all that a team owns to another: one statement to move it, one to close the spans, one to open the new ones,
/// one for the log, however much it is. `expected` is the count the caller saw in the preview.
pub async fn hand_over_all(
    cx: &mut Cx<'_>,
    from: &str,
    to: &str,
    reason: &str,
    expected: Option<i64>,
) -> Result<(i64, Owner)> {
    cx.writer()?;
    let reason = checked_reason(reason)?;
    let from = resolve(cx, "from", from).await?;
    let to = resolve(cx, "to", to).await?;
    let Some(team) = from.team else { return Err(Error::invalid("from", "must be a team")) };
    people::require_team(cx, Some(team), &format!("what {} owns", from.name)).await?;
    if to.team.is_none() {
        return Err(Error::invalid("to", "must be a team: one person should not inherit everything"));
    }
    if to.team == Some(team) {
        return Err(Error::invalid("to", format!("must be another team; {} has it already", from.name)));
    }
    check_staffed(&to)?;
    cx.atomically(async |cx| {
        lock(cx).await?;
        let moved = store::give_all(cx, team, &to).await?;
        let count = i64::try_from(moved.len()).unwrap_or(i64::MAX);
        if expected.is_some_and(|n| n != count) {
            return Err(Error::Conflict(format!(
                "{} owns {count} things now and not {}; look at the list again and repeat",
                from.name,
                expected.unwrap_or_default()
            )));
        }
        let ids: Vec<_> = moved.iter().map(|m| m.id).collect();
        store::close_spans(cx, &ids).await?;
        store::open_spans(cx, &ids, &to.owner_ref, &reason).await?;
        activity::record_all(cx, moved.iter().map(|thing| act(thing, &to, &reason)).collect()).await?;
        Ok((count, to))
    })
    .await
}

/// "Still ours": the owner's word that nothing has changed.
pub async fn confirm(cx: &mut Cx<'_>, entity_ref: &str) -> Result<Owned> {
    cx.writer()?;
    let entity_ref = canonical(entity_ref);
    cx.atomically(async |cx| {
        lock(cx).await?;
        store::lock(cx, &entity_ref).await?;
        let thing = owned(cx, &entity_ref).await?;
        match (thing.team, thing.person) {
            (Some(team), _) => people::require_team(cx, Some(team), &thing.title).await?,
            (None, Some(person)) if cx.actor().person == Some(person) => {}
            (None, Some(_)) => {
                return Err(Error::Forbidden(format!(
                    "{} belongs to one person; only they can say that it still does",
                    thing.title
                )));
            }
            (None, None) => {
                return Err(Error::Conflict(format!(
                    "{} has no owner that could confirm it; hand it over to a team first",
                    thing.title
                )));
            }
        }
        store::confirm(cx, &[thing.id]).await?;
        activity::record(
            cx,
            Act { entity_id: Some(thing.id), ..Act::new("ownership.confirmed", &entity_ref) },
        )
        .await?;
        owned(cx, &entity_ref).await
    })
    .await
}

/// "All still ours", for a team. Returns how many.
pub async fn confirm_all(cx: &mut Cx<'_>, team: &str) -> Result<i64> {
    cx.writer()?;
    let team = resolve(cx, "team", team).await?;
    let Some(id) = team.team else { return Err(Error::invalid("team", "must be a team")) };
    people::require_team(cx, Some(id), &format!("what {} owns", team.name)).await?;
    cx.atomically(async |cx| {
        lock(cx).await?;
        let confirmed = store::confirm_team(cx, id).await?;
        let acts = confirmed.iter().map(|(id, entity_ref)| Act {
            entity_id: Some(*id),
            ..Act::new("ownership.confirmed", entity_ref)
        });
        activity::record_all(cx, acts.collect()).await?;
        Ok(i64::try_from(confirmed.len()).unwrap_or(i64::MAX))
    })
    .await
}

/// Who had it, newest first; at most 200 spans.
pub async fn history(cx: &mut Cx<'_>, entity: EntityId) -> Result<Vec<Span>> {
    cx.reader()?;
    store::spans(cx, entity).await
}

/// Whoever was handed-over from may get it back at once from the same hands: an undo needs no new rights.
const UNDO: SignedDuration = SignedDuration::from_hours(1);

async fn given_lately(cx: &mut Cx<'_>, thing: &Owned, me: PersonId) -> Result<String> {
    let since = cx.now().saturating_sub(UNDO).unwrap_or_default();
    store::given_by(cx, thing.id, me, since).await
}

async fn may_give(cx: &mut Cx<'_>, thing: &Owned, to: &Owner) -> Result<()> {
    let me = cx.writer()?;
    if cx.admin().is_ok() || (thing.person == Some(me) && thing.team.is_none()) {
        return Ok(());
    }
    if given_lately(cx, thing, me).await? == to.owner_ref {
        return Ok(());
    }
    if !thing.staffed {
        return match to.team {
            Some(team) => people::require_team(cx, Some(team), &format!("what {} owns", to.name)).await,
            None => {
                Err(Error::Forbidden(format!("{} has no owner; take it for a team of yours", thing.title)))
            }
        };
    }
    match thing.team {
        Some(team) => people::require_team(cx, Some(team), &thing.title).await,
        None => Err(Error::Forbidden(format!(
            "{} belongs to one person; only they or an admin can hand it over",
            thing.title
        ))),
    }
}

fn check_receiver(thing: &Owned, to: &Owner) -> Result<()> {
    if matches!(thing.kind.as_str(), "group" | "user" | "location") {
        return Err(Error::invalid(
            "entity",
            format!("is a {}; these have no owner to hand over", thing.kind),
        ));
    }
    if thing.owner_ref.as_deref() == Some(&to.owner_ref) {
        return Err(Error::invalid("to", format!("must be another owner; {} has it already", to.name)));
    }
    check_staffed(to)
}

fn check_staffed(to: &Owner) -> Result<()> {
    if to.staffed {
        return Ok(());
    }
    Err(Error::invalid(
        "to",
        match to.team {
            Some(_) => format!("must be a team with somebody in it; {} has no active member", to.name),
            None => format!("must be somebody who is here; {} is not active any more", to.name),
        },
    ))
}

fn checked_reason(reason: &str) -> Result<String> {
    let reason = reason.trim();
    if reason.chars().count() > 500 || reason.contains('\0') {
        return Err(Error::invalid("reason", "must have at most 500 characters"));
    }
    Ok(reason.to_owned())
}

async fn resolve(cx: &mut Cx<'_>, field: &str, word: &str) -> Result<Owner> {
    let word = word.trim();
    if word.is_empty() {
        return Err(Error::Invalid(vec![Problem {
            field: field.into(),
            message: "is needed: choose a team".into(),
        }]));
    }
    let found = match Word::of(word) {
        Word::Team { slug, group } => store::team(cx, slug.as_deref(), group.as_deref()).await?,
        Word::Person { handle, user } => store::person(cx, handle.as_deref(), user.as_deref()).await?,
        Word::Neither => None,
    };
    found.ok_or_else(|| Error::invalid(field, format!("must be a team that exists; there is no {word:?}")))
}

/// What somebody may mean by a word for an owner.
#[derive(Debug, PartialEq, Eq)]
enum Word {
    Team { slug: Option<String>, group: Option<String> },
    Person { handle: Option<String>, user: Option<String> },
    Neither,
}

impl Word {
    fn of(word: &str) -> Self {
        let word = word.to_lowercase();
        let (kind, rest) = word.split_once(':').unwrap_or(("team", &word));
        let (namespace, name) = rest.split_once('/').unwrap_or(("default", rest));
        let bare = (namespace == "default").then(|| name.to_owned());
        match kind {
            "team" => Self::Team { slug: Some(rest.to_owned()), group: None },
            "group" => Self::Team { slug: bare, group: Some(format!("group:{namespace}/{name}")) },
            "person" => Self::Person { handle: Some(rest.to_owned()), user: None },
            "user" => Self::Person { handle: bare, user: Some(format!("user:{namespace}/{name}")) },
            _ => Self::Neither,
        }
    }
}

fn act(thing: &Owned, to: &Owner, reason: &str) -> Act {
    Act {
        entity_id: Some(thing.id),
        changes: vec![Changed::new(
            "owner",
            thing.owner_ref.as_deref().map_or(Value::Null, Value::from),
            to.owner_ref.as_str(),
        )],
        note: reason.to_owned(),
        ..Act::new("ownership.handed-over", &thing.entity_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::Word;

    #[test]
    fn an_owner_may_be_named_in_several_ways() {
        let team = |slug: Option<&str>, group: Option<&str>| Word::Team {
            slug: slug.map(Into::into),
            group: group.map(Into::into),
        };
        assert_eq!(Word::of("Basket"), team(Some("basket"), None));
        assert_eq!(Word::of("team:basket"), team(Some("basket"), None));
        assert_eq!(Word::of("group:basket"), team(Some("basket"), Some("group:default/basket")));
        assert_eq!(Word::of("group:shop/basket"), team(None, Some("group:shop/basket")));
        assert_eq!(
            Word::of("user:default/imke"),
            Word::Person { handle: Some("imke".into()), user: Some("user:default/imke".into()) }
        );
        assert_eq!(Word::of("component:default/x"), Word::Neither);
    }
}
