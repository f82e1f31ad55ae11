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
    /// Rows of the whole list.
    pub(in crate::catalog) total: i64,
    /// The row's place in the order of the list.
    pub(in crate::catalog) key: String,
    /// For a search, the best stage that found something.
    pub(in crate::catalog) best: i32,
}

/// `summaries!([before], extra, from, rest, arguments…)` is the checked statement
/// `before SELECT columns of a summary, extra FROM from, owner's team and person rest`; `from` names the entity `e`,
/// `extra` gives `total`, `key` and `best`. The owner is looked up row by row: a join would be planned as reading all
/// people for a page of twenty. All parts are literals: checked statements are made of nothing else.
macro_rules! summaries {
    ([$($before:tt)*], $extra:tt, $from:tt, $rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            crate::catalog::store::row::SummaryRow,
            $($before)*
                + r#" SELECT e.id AS "id!: _", e.kind AS "kind!: _", e.ref AS "reference!: _", e.name AS "name!", e.title AS "title?",
                    left(e.description, 300) AS description, e.type AS "type_name?", e.lifecycle AS "lifecycle?", e.tier AS "tier?",
                    e.tags AS "tags!", e.system_ref AS "system?: _", e.domain_ref AS "domain?: _", e.owner_ref AS "owner_ref?: _",
                    e.owner_team_id AS "team_id?: _", t.slug AS "team_slug?", t.name AS "team_name?",
                    e.owner_person_id AS "person_id?: _", p.handle AS "person_handle?", p.name AS "person_name?",
                    e.orphaned_at AS "orphaned_at?", e.last_change_at AS "last_change_at?", e.updated_at AS "updated_at!", "#
                + $extra
                + r#" FROM "#
                + $from
                + r#" LEFT JOIN LATERAL (SELECT slug, name FROM team WHERE id = e.owner_team_id LIMIT 1) t ON true
                    LEFT JOIN LATERAL (SELECT handle, name FROM person WHERE id = e.owner_person_id LIMIT 1) p ON true "#
                + $rest
            $(, $argument)*
        )
    };
}
pub(super) use summaries;

/// [`summaries`] over `candidate`, the entities that a filter leaves: parameters $1 to $11 are the filter's, `arguments`
/// begin at $12. A condition whose parameter is null is folded away when the statement is planned with its values, so
/// an index serves whatever is chosen.
macro_rules! narrowed {
    ($filter:expr, $chosen:expr, $mine:expr, $before:tt, $extra:tt, $from:tt, $rest:tt $(, $argument:expr)* $(,)?) => {
        crate::catalog::store::row::summaries!(
            [r#"WITH candidate AS NOT MATERIALIZED (
                SELECT id, ref, sort_name, name_words, text_words, tier, last_change_at, updated_at, owner_ref FROM entity
                WHERE ($1::text[] IS NULL OR kind = ANY($1))
                  AND ($2::text[] IS NULL OR facets && $2) AND ($3::text[] IS NULL OR facets && $3)
                  AND ($4::text[] IS NULL OR facets && $4) AND ($5::text[] IS NULL OR facets && $5)
                  AND ($6::text[] IS NULL OR facets && $6) AND ($7::text[] IS NULL OR facets && $7)
                  AND ($8::text[] IS NULL OR facets && $8)
                  AND ($9::uuid[] IS NULL OR owner_person_id = ANY($9) OR owner_team_id = ANY($9))
                  AND (NOT $10::boolean OR (kind IN ('component', 'api', 'resource', 'system', 'domain')
                        AND (owner_team_id IS NULL OR owner_team_id NOT IN (SELECT id FROM staffed_team))
                        AND (owner_person_id IS NULL OR owner_person_id IN (SELECT id FROM person WHERE NOT active))))
                  AND ($11::boolean IS NULL OR (orphaned_at IS NOT NULL) = $11)), "# + $before],
            $extra, $from, $rest,
            $chosen.kinds.as_deref(), $chosen.types.as_deref(), $chosen.owners.as_deref(), $chosen.tiers.as_deref(),
            $chosen.lifecycles.as_deref(), $chosen.tags.as_deref(), $chosen.systems.as_deref(), $chosen.domains.as_deref(),
            $mine, $filter.needs_owner, $filter.orphaned
            $(, $argument)*
        )
    };
}
pub(super) use narrowed;

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
            owner: owner(
                r.owner_ref,
                (r.team_id, r.team_slug, r.team_name),
                (r.person_id, r.person_handle, r.person_name),
            ),
            system: r.system,
            domain: r.domain,
            orphaned_at: r.orphaned_at.map(jiff_sqlx::Timestamp::to_jiff),
            last_change_at: r.last_change_at.map(jiff_sqlx::Timestamp::to_jiff),
            updated_at: r.updated_at.to_jiff(),
        }
    }
}
