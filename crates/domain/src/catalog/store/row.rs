//! Rows as the statements give them, and the columns of a summary, said once.

use crate::{
    EntityId, PersonId, TeamId,
    catalog::{EntityRef, Kind, Owner, Party, Summary},
};

/// A summary as selected by [`summaries`].
#[derive(Debug)]
pub(in crate::catalog) struct SummaryRow {
    pub(super) id: EntityId,
    pub(super) kind: Kind,
    pub(in crate::catalog) reference: EntityRef,
    pub(super) name: String,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) type_name: Option<String>,
    pub(super) lifecycle: Option<String>,
    pub(super) tier: Option<i16>,
    pub(super) tags: Vec<String>,
    pub(super) system: Option<EntityRef>,
    pub(super) domain: Option<EntityRef>,
    pub(super) owner_ref: Option<EntityRef>,
    pub(super) team_id: Option<TeamId>,
    pub(super) team_slug: Option<String>,
    pub(super) team_name: Option<String>,
    pub(super) person_id: Option<PersonId>,
    pub(super) person_handle: Option<String>,
    pub(super) person_name: Option<String>,
    pub(super) orphaned_at: Option<jiff_sqlx::Timestamp>,
    pub(super) last_change_at: Option<jiff_sqlx::Timestamp>,
    pub(super) updated_at: jiff_sqlx::Timestamp,
    /// What the statement gives beside the summary: a total, a sort key, …
    pub(in crate::catalog) total: i64,
    pub(in crate::catalog) key: String,
}

/// `summaries!(before, after, arguments…)`: a statement of `before`, the columns of a summary of `entity e` with its
/// owner, and `after`, which continues behind the last column: `, total, key FROM … e` and so on. The owner's team and
/// person are joined here, so `after` names `entity e` through `$from` and goes on with `$rest`.
macro_rules! summaries {
    ($before:tt, $extra:tt, $from:tt, $rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            crate::catalog::store::row::SummaryRow,
            $before
                + r#" SELECT e.id AS "id!: _", e.kind AS "kind!: _", e.ref AS "reference!: _", e.name AS "name!", e.title AS "title?",
                    left(e.description, 300) AS description, e.type AS "type_name?", e.lifecycle AS "lifecycle?", e.tier AS "tier?",
                    e.tags AS "tags!", e.system_ref AS "system?: _", e.domain_ref AS "domain?: _", e.owner_ref AS "owner_ref?: _",
                    e.owner_team_id AS "team_id?: _", t.slug AS "team_slug?", t.name AS "team_name?",
                    e.owner_person_id AS "person_id?: _", p.handle AS "person_handle?", p.name AS "person_name?",
                    e.orphaned_at AS "orphaned_at?", e.last_change_at AS "last_change_at?", e.updated_at AS "updated_at!", "#
                + $extra
                + r#" FROM "#
                + $from
                + r#" LEFT JOIN team t ON t.id = e.owner_team_id LEFT JOIN person p ON p.id = e.owner_person_id "#
                + $rest
            $(, $argument)*
        )
    };
}
pub(super) use summaries;

/// The owner from what a row says of them.
pub(super) fn owner(
    reference: Option<EntityRef>,
    team: (Option<TeamId>, Option<String>, Option<String>),
    person: (Option<PersonId>, Option<String>, Option<String>),
) -> Option<Owner> {
    let party = match (team, person) {
        ((Some(id), Some(slug), Some(name)), _) => Some(Party::Team { id, slug, name }),
        (_, (Some(id), Some(handle), Some(name))) => Some(Party::Person { id, handle, name }),
        _ => None,
    };
    reference.map(|reference| Owner { reference, party })
}

impl From<SummaryRow> for Summary {
    fn from(r: SummaryRow) -> Self {
        Self {
            id: r.id,
            kind: r.kind,
            reference: r.reference,
            name: r.name,
            title: r.title,
            description: r.description,
            type_name: r.type_name,
            lifecycle: r.lifecycle,
            tier: r.tier,
            tags: r.tags,
            owner: owner(r.owner_ref, (r.team_id, r.team_slug, r.team_name), (r.person_id, r.person_handle, r.person_name)),
            system: r.system,
            domain: r.domain,
            orphaned_at: r.orphaned_at.map(jiff_sqlx::Timestamp::to_jiff),
            last_change_at: r.last_change_at.map(jiff_sqlx::Timestamp::to_jiff),
            updated_at: r.updated_at.to_jiff(),
        }
    }
}
