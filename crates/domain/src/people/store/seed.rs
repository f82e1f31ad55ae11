//! Teams and people as descriptors say them, whole batches at once.

use uuid::Uuid;

use super::super::seed::{GroupSeed, Known, UserSeed, candidates};
use crate::{Cx, MembershipId, PersonId, Result, TeamId};

pub(in super::super) async fn known_teams(
    cx: &mut Cx<'_>,
    groups: &[GroupSeed],
) -> Result<Vec<Known<TeamId>>> {
    let refs: Vec<_> = groups.iter().map(|g| g.entity_ref.clone()).collect();
    let keys: Vec<_> =
        groups.iter().flat_map(|g| candidates(&g.entity_ref, &g.slug)).map(|k| k.to_lowercase()).collect();
    let rows = sqlx::query!(
        r#"SELECT id AS "id: TeamId", slug, described_by FROM team WHERE described_by = ANY($1) OR lower(slug) = ANY($2)"#,
        &refs,
        &keys,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Known { id: r.id, key: r.slug, email: None, described_by: r.described_by })
        .collect())
}

pub(in super::super) async fn known_people(
    cx: &mut Cx<'_>,
    users: &[UserSeed],
) -> Result<Vec<Known<PersonId>>> {
    let refs: Vec<_> = users.iter().map(|u| u.entity_ref.clone()).collect();
    let keys: Vec<_> =
        users.iter().flat_map(|u| candidates(&u.entity_ref, &u.handle)).map(|k| k.to_lowercase()).collect();
    let emails: Vec<_> = users.iter().filter_map(|u| u.email.as_deref().map(str::to_lowercase)).collect();
    let rows = sqlx::query!(
        r#"SELECT id AS "id: PersonId", handle, email, described_by FROM person
           WHERE described_by = ANY($1) OR lower(handle) = ANY($2) OR lower(email) = ANY($3)"#,
        &refs,
        &keys,
        &emails,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Known { id: r.id, key: r.handle, email: r.email, described_by: r.described_by })
        .collect())
}

/// New teams, bare; the update that follows for all of the batch fills them in.
pub(in super::super) async fn insert_seeded_teams(
    cx: &mut Cx<'_>,
    new: &[(TeamId, String, &GroupSeed)],
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let ids: Vec<_> = new.iter().map(|(id, ..)| id.0).collect();
    let slugs: Vec<_> = new.iter().map(|(_, slug, _)| slug.clone()).collect();
    sqlx::query!(
        "INSERT INTO team (id, slug, name, version, created_at, updated_at)
         SELECT id, slug, slug, 0, $3, $3 FROM unnest($1::uuid[], $2::text[]) AS n (id, slug)",
        &ids,
        &slugs,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn update_seeded_teams(
    cx: &mut Cx<'_>,
    all: &[(TeamId, &GroupSeed)],
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let ids: Vec<_> = all.iter().map(|(id, _)| id.0).collect();
    let required = |f: fn(&GroupSeed) -> &String| all.iter().map(|(_, g)| f(g).clone()).collect::<Vec<_>>();
    let optional =
        |f: fn(&GroupSeed) -> &Option<String>| all.iter().map(|(_, g)| f(g).clone()).collect::<Vec<_>>();
    let roles: Vec<_> = all.iter().map(|(_, g)| roles(g)).collect();
    let described: Vec<_> = all.iter().map(|(_, g)| described_team(g)).collect();
    sqlx::query!(
        "UPDATE team t SET name = n.name, purpose = n.purpose, kind = n.kind, parent_ref = n.parent_ref, parent_id = n.parent_id,
                lead_ref = n.lead_ref, lead_id = n.lead_id, chat_channel = n.chat_channel, chat_url = n.chat_url, email = n.email,
                phone = n.phone, roles = n.roles, described_by = n.ref, described = n.described, version = t.version + 1, updated_at = $1
         FROM (SELECT t.id, s.ref, s.name, s.kind, s.parent_ref, s.lead_ref,
                      string_to_array(s.described, ',') AS described,
                      CASE WHEN s.purpose IS NOT NULL THEN s.purpose WHEN 'purpose' = ANY (t.described) THEN '' ELSE t.purpose END AS purpose,
                      CASE WHEN s.parent_ref IS NULL AND 'parent' = ANY (t.described) THEN NULL ELSE t.parent_id END AS parent_id,
                      CASE WHEN s.lead_ref IS NULL AND 'lead' = ANY (t.described) THEN NULL ELSE t.lead_id END AS lead_id,
                      CASE WHEN s.chat_channel IS NULL AND 'chat_channel' <> ALL (t.described) THEN t.chat_channel ELSE s.chat_channel END AS chat_channel,
                      CASE WHEN s.chat_url IS NULL AND 'chat_url' <> ALL (t.described) THEN t.chat_url ELSE s.chat_url END AS chat_url,
                      CASE WHEN s.email IS NULL AND 'email' <> ALL (t.described) THEN t.email ELSE s.email END AS email,
                      CASE WHEN s.phone IS NULL AND 'phone' <> ALL (t.described) THEN t.phone ELSE s.phone END AS phone,
                      CASE WHEN s.roles IS NULL AND 'roles' <> ALL (t.described) THEN t.roles ELSE string_to_array(coalesce(s.roles, ''), ',') END AS roles
               FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                           $11::text[], $12::text[], $13::text[], $14::text[])
                    AS s (id, ref, name, kind, purpose, parent_ref, lead_ref, chat_channel, chat_url, email, phone, roles, described)
               JOIN team t ON t.id = s.id) n
         WHERE t.id = n.id
           AND (t.name, t.purpose, t.kind, t.parent_ref, t.parent_id, t.lead_ref, t.lead_id, t.chat_channel, t.chat_url, t.email, t.phone, t.roles, t.described_by, t.described)
               IS DISTINCT FROM
               (n.name, n.purpose, n.kind, n.parent_ref, n.parent_id, n.lead_ref, n.lead_id, n.chat_channel, n.chat_url, n.email, n.phone, n.roles, n.ref, n.described)",
        now as _,
        &ids,
        &required(|g| &g.entity_ref),
        &required(|g| &g.name),
        &required(|g| &g.kind),
        &optional(|g| &g.purpose) as &[Option<String>],
        &optional(|g| &g.parent_ref) as &[Option<String>],
        &optional(|g| &g.lead_ref) as &[Option<String>],
        &optional(|g| &g.chat_channel) as &[Option<String>],
        &optional(|g| &g.chat_url) as &[Option<String>],
        &optional(|g| &g.email) as &[Option<String>],
        &optional(|g| &g.phone) as &[Option<String>],
        &roles as &[Option<String>],
        &described,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

fn roles(g: &GroupSeed) -> Option<String> {
    (!g.roles.is_empty()).then(|| {
        let mut roles = g.roles.clone();
        roles.sort();
        roles.dedup();
        roles.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(",")
    })
}

fn described_team(g: &GroupSeed) -> String {
    let given = [
        ("name", true),
        ("kind", true),
        ("purpose", g.purpose.is_some()),
        ("parent", g.parent_ref.is_some()),
        ("lead", g.lead_ref.is_some()),
        ("chat_channel", g.chat_channel.is_some()),
        ("chat_url", g.chat_url.is_some()),
        ("email", g.email.is_some()),
        ("phone", g.phone.is_some()),
        ("roles", !g.roles.is_empty()),
    ];
    given.iter().filter(|(_, is)| *is).map(|(field, _)| *field).collect::<Vec<_>>().join(",")
}

pub(in super::super) async fn insert_seeded_people(
    cx: &mut Cx<'_>,
    new: &[(PersonId, String, String)],
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let ids: Vec<_> = new.iter().map(|(id, ..)| id.0).collect();
    let handles: Vec<_> = new.iter().map(|(_, handle, _)| handle.clone()).collect();
    let names: Vec<_> = new.iter().map(|(.., name)| name.clone()).collect();
    sqlx::query!(
        "INSERT INTO person (id, handle, name, version, created_at, updated_at)
         SELECT id, handle, name, 0, $4, $4 FROM unnest($1::uuid[], $2::text[], $3::text[]) AS n (id, handle, name)",
        &ids,
        &handles,
        &names,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn update_seeded_people(
    cx: &mut Cx<'_>,
    all: &[(PersonId, UserSeed)],
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let ids: Vec<_> = all.iter().map(|(id, _)| id.0).collect();
    let refs: Vec<_> = all.iter().map(|(_, u)| u.entity_ref.clone()).collect();
    let names: Vec<_> = all.iter().map(|(_, u)| u.name.clone()).collect();
    let optional =
        |f: fn(&UserSeed) -> &Option<String>| all.iter().map(|(_, u)| f(u).clone()).collect::<Vec<_>>();
    let described: Vec<_> = all.iter().map(|(_, u)| described_person(u)).collect();
    sqlx::query!(
        "UPDATE person p SET name = n.name, email = n.email, phone = n.phone, time_zone = n.time_zone, manager_ref = n.manager_ref,
                manager_id = n.manager_id, persona = n.persona, described_by = n.ref, described = n.described, version = p.version + 1, updated_at = $1
         FROM (SELECT p.id, s.ref, s.name, s.manager_ref, s.persona, string_to_array(s.described, ',') AS described,
                      -- an address that goes missing is kept: it is how the person signs in
                      coalesce(s.email, p.email) AS email,
                      CASE WHEN s.phone IS NULL AND 'phone' <> ALL (p.described) THEN p.phone ELSE s.phone END AS phone,
                      coalesce(s.time_zone, p.time_zone) AS time_zone,
                      CASE WHEN s.manager_ref IS NULL AND 'manager' = ANY (p.described) THEN NULL ELSE p.manager_id END AS manager_id
               FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
                    AS s (id, ref, name, email, phone, time_zone, manager_ref, persona, described)
               JOIN person p ON p.id = s.id) n
         WHERE p.id = n.id
           AND (p.name, p.email, p.phone, p.time_zone, p.manager_ref, p.manager_id, p.persona, p.described_by, p.described)
               IS DISTINCT FROM (n.name, n.email, n.phone, n.time_zone, n.manager_ref, n.manager_id, n.persona, n.ref, n.described)",
        now as _,
        &ids,
        &refs,
        &names,
        &optional(|u| &u.email) as &[Option<String>],
        &optional(|u| &u.phone) as &[Option<String>],
        &optional(|u| &u.time_zone) as &[Option<String>],
        &optional(|u| &u.manager_ref) as &[Option<String>],
        &optional(|u| &u.persona) as &[Option<String>],
        &described,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

fn described_person(u: &UserSeed) -> String {
    let given = [
        ("name", true),
        ("email", u.email.is_some()),
        ("phone", u.phone.is_some()),
        ("time_zone", u.time_zone.is_some()),
        ("manager", u.manager_ref.is_some()),
    ];
    given.iter().filter(|(_, is)| *is).map(|(field, _)| *field).collect::<Vec<_>>().join(",")
}

/// Notes the parents that descriptors name; says how many differ. A team whose descriptor is gone keeps its place.
pub(in super::super) async fn place_teams(
    cx: &mut Cx<'_>,
    places: &[(String, Option<String>)],
) -> Result<u64> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let (teams, parents): (Vec<_>, Vec<_>) = places.iter().cloned().unzip();
    let placed = sqlx::query!(
        "UPDATE team t SET parent_ref = s.parent_ref, parent_id = CASE WHEN s.parent_ref IS NOT NULL THEN t.parent_id END,
                described = CASE WHEN s.parent_ref IS NULL THEN array_remove(t.described, 'parent')
                                 WHEN 'parent' = ANY (t.described) THEN t.described ELSE t.described || 'parent'::text END,
                version = t.version + 1, updated_at = $1
         FROM unnest($2::text[], $3::text[]) AS s (ref, parent_ref)
         WHERE t.described_by = s.ref AND t.described <> '{}' AND t.parent_ref IS DISTINCT FROM s.parent_ref",
        now as _,
        &teams,
        &parents as &[Option<String>],
    )
    .execute(cx.conn())
    .await?;
    Ok(placed.rows_affected())
}

/// Parents, leads and managers that descriptors name; what they name may have come later than they did.
pub(in super::super) async fn resolve_references(cx: &mut Cx<'_>) -> Result<()> {
    sqlx::query!(
        "UPDATE team t SET parent_id = n.parent_id, lead_id = n.lead_id, version = t.version + 1
         FROM (SELECT t.id, CASE WHEN t.parent_ref IS NULL THEN t.parent_id ELSE above.id END AS parent_id,
                      CASE WHEN t.lead_ref IS NULL THEN t.lead_id ELSE l.id END AS lead_id
               FROM team t LEFT JOIN team above ON above.ref = t.parent_ref AND above.id <> t.id LEFT JOIN person l ON l.ref = t.lead_ref
               WHERE t.parent_ref IS NOT NULL OR t.lead_ref IS NOT NULL) n
         WHERE t.id = n.id AND (t.parent_id, t.lead_id) IS DISTINCT FROM (n.parent_id, n.lead_id)"
    )
    .execute(cx.conn())
    .await?;
    sqlx::query!(
        "UPDATE person p SET manager_id = n.manager_id, version = p.version + 1
         FROM (SELECT p.id, m.id AS manager_id FROM person p LEFT JOIN person m ON m.ref = p.manager_ref AND m.id <> p.id
               WHERE p.manager_ref IS NOT NULL) n
         WHERE p.id = n.id AND p.manager_id IS DISTINCT FROM n.manager_id"
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Every team that has one above it, and that one.
pub(in super::super) async fn parents(cx: &mut Cx<'_>) -> Result<Vec<(TeamId, TeamId)>> {
    let rows = sqlx::query!(r#"SELECT id AS "id: TeamId", parent_id AS "parent_id!: TeamId" FROM team WHERE parent_id IS NOT NULL"#)
        .fetch_all(cx.conn())
        .await?;
    Ok(rows.into_iter().map(|r| (r.id, r.parent_id)).collect())
}

pub(in super::super) async fn clear_parents(cx: &mut Cx<'_>, teams: &[TeamId]) -> Result<()> {
    let ids: Vec<_> = teams.iter().map(|t| t.0).collect();
    sqlx::query!("UPDATE team SET parent_id = NULL, version = version + 1 WHERE id = ANY($1)", &ids)
        .execute(cx.conn())
        .await?;
    Ok(())
}

/// What the batch says about memberships, in place of what its descriptors said before.
pub(in super::super) async fn replace_said(
    cx: &mut Cx<'_>,
    groups: &[GroupSeed],
    users: &[UserSeed],
) -> Result<()> {
    let sayers: Vec<_> = groups
        .iter()
        .map(|g| g.entity_ref.clone())
        .chain(users.iter().map(|u| u.entity_ref.clone()))
        .collect();
    let (mut by, mut teams, mut people) = (Vec::new(), Vec::new(), Vec::new());
    let mut say = |sayer: &String, team: &String, person: &String| {
        by.push(sayer.clone());
        teams.push(team.clone());
        people.push(person.clone());
    };
    for g in groups {
        g.members.iter().for_each(|user| say(&g.entity_ref, &g.entity_ref, user));
    }
    for u in users {
        u.member_of.iter().for_each(|group| say(&u.entity_ref, group, &u.entity_ref));
    }
    sqlx::query!("DELETE FROM membership_said WHERE said_by = ANY($1)", &sayers).execute(cx.conn()).await?;
    sqlx::query!(
        "INSERT INTO membership_said (said_by, team_ref, person_ref)
         SELECT said_by, team_ref, person_ref FROM unnest($1::text[], $2::text[], $3::text[]) AS s (said_by, team_ref, person_ref)
         ON CONFLICT DO NOTHING",
        &by,
        &teams,
        &people,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Team and person of each membership that these descriptors say.
pub(in super::super) async fn said_by(cx: &mut Cx<'_>, refs: &[String]) -> Result<Vec<(String, String)>> {
    let rows = sqlx::query!("SELECT team_ref, person_ref FROM membership_said WHERE said_by = ANY($1)", refs)
        .fetch_all(cx.conn())
        .await?;
    Ok(rows.into_iter().map(|r| (r.team_ref, r.person_ref)).collect())
}

/// Lets go of teams and people: their descriptors say nothing any more. The references stay, so that a descriptor that
/// comes back finds its own.
pub(in super::super) async fn release(cx: &mut Cx<'_>, refs: &[String]) -> Result<()> {
    sqlx::query!("DELETE FROM membership_said WHERE said_by = ANY($1)", refs).execute(cx.conn()).await?;
    sqlx::query!(
        "UPDATE team SET described = '{}', parent_ref = NULL, lead_ref = NULL, version = version + 1 WHERE described_by = ANY($1)",
        refs
    )
    .execute(cx.conn())
    .await?;
    sqlx::query!("UPDATE person SET described = '{}', manager_ref = NULL, version = version + 1 WHERE described_by = ANY($1)", refs)
        .execute(cx.conn())
        .await?;
    Ok(())
}

/// Makes the memberships of these teams and people what descriptors say: ends those no longer said, begins those newly
/// said. What was said in the portal stays.
pub(in super::super) async fn reconcile_memberships(
    cx: &mut Cx<'_>,
    teams: &[String],
    people: &[String],
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    // one that began this very instant is taken back: a span cannot be empty
    sqlx::query!(
        "DELETE FROM membership m USING team t, person p
         WHERE t.id = m.team_id AND p.id = m.person_id AND m.origin = 'descriptor' AND m.valid_until IS NULL AND m.valid_from >= $3
           AND (t.ref = ANY($1) OR p.ref = ANY($2))
           AND NOT EXISTS (SELECT FROM membership_said s WHERE s.team_ref = t.ref AND s.person_ref = p.ref)",
        teams,
        people,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    sqlx::query!(
        "UPDATE membership m SET valid_until = $3 FROM team t, person p
         WHERE t.id = m.team_id AND p.id = m.person_id AND m.origin = 'descriptor' AND m.valid_until IS NULL AND m.valid_from < $3
           AND (t.ref = ANY($1) OR p.ref = ANY($2))
           AND NOT EXISTS (SELECT FROM membership_said s WHERE s.team_ref = t.ref AND s.person_ref = p.ref)",
        teams,
        people,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    let missing = sqlx::query!(
        r#"SELECT DISTINCT t.id AS "team_id!: TeamId", p.id AS "person_id!: PersonId"
           FROM membership_said s JOIN team t ON t.ref = s.team_ref JOIN person p ON p.ref = s.person_ref
           WHERE p.active AND (s.team_ref = ANY($1) OR s.person_ref = ANY($2))
             AND NOT EXISTS (SELECT FROM membership m WHERE m.team_id = t.id AND m.person_id = p.id AND (m.valid_until IS NULL OR m.valid_until > $3))"#,
        teams,
        people,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?;
    let ids: Vec<Uuid> = missing.iter().map(|_| MembershipId::new().0).collect();
    let (teams, people): (Vec<Uuid>, Vec<Uuid>) =
        missing.iter().map(|m| (m.team_id.0, m.person_id.0)).unzip();
    sqlx::query!(
        "INSERT INTO membership (id, team_id, person_id, valid_from, origin)
         SELECT id, team_id, person_id, $4, 'descriptor' FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS n (id, team_id, person_id)",
        &ids,
        &teams,
        &people,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}
