//! Who is sent what a team publishes. Addresses are read when a letter is written, and kept in no job.

use jiff::Timestamp;

use crate::{Cx, ListMemberId, PersonId, PublicationId, Result, TeamId, people::TeamName};

/// Somebody who is sent a letter: one of the portal, or an address outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Recipient {
    Person(PersonId),
    Outside(ListMemberId),
}

/// Everybody on a team's lists, each once however many of them they are on. Who stopped letters on one is sent none by the others.
pub(in super::super) async fn recipients(cx: &mut Cx<'_>, team: TeamId) -> Result<Vec<Recipient>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = sqlx::query!(
        r#"WITH RECURSIVE
               listed AS (SELECT m.* FROM wins_list l JOIN wins_list_member m ON m.list_id = l.id WHERE l.team_id = $1),
               below AS (
                   SELECT m.team_id AS id, 0 AS depth FROM listed m WHERE m.team_id IS NOT NULL
                   UNION SELECT t.id, b.depth + 1 FROM below b JOIN team t ON t.parent_id = b.id WHERE b.depth < 32),
               inside AS (
                   SELECT p.id, lower(p.email) AS email FROM person p
                   WHERE p.active AND p.email IS NOT NULL
                     AND NOT EXISTS (SELECT FROM listed m WHERE m.person_id = p.id AND m.stopped_at IS NOT NULL)
                     AND (p.id IN (SELECT m.person_id FROM listed m)
                          OR p.id IN (SELECT s.person_id FROM membership s WHERE s.team_id IN (SELECT id FROM below)
                                      AND s.valid_from <= $2 AND (s.valid_until IS NULL OR s.valid_until > $2))))
           SELECT i.id AS "person?: PersonId", NULL::uuid AS "member?: ListMemberId" FROM inside i
           UNION ALL
           (SELECT DISTINCT ON (lower(m.email)) NULL, m.id FROM listed m
            WHERE m.email IS NOT NULL AND m.allowed_at IS NOT NULL
              AND NOT EXISTS (SELECT FROM listed s WHERE lower(s.email) = lower(m.email) AND s.stopped_at IS NOT NULL)
              AND lower(m.email) NOT IN (SELECT i.email FROM inside i)
            ORDER BY lower(m.email), m.id)"#,
        team as TeamId,
        now as _
    )
    .fetch_all(cx.conn())
    .await?;
    let recipient = |person: Option<PersonId>, member: Option<ListMemberId>| {
        person.map(Recipient::Person).or(member.map(Recipient::Outside))
    };
    Ok(rows.into_iter().filter_map(|r| recipient(r.person, r.member)).collect())
}

/// Where a letter goes, and why.
pub(in super::super) struct Address {
    pub(in super::super) name: Option<String>,
    pub(in super::super) email: String,
    /// The list they are on by themselves.
    pub(in super::super) list: Option<String>,
    /// The team of theirs that is on a list, if they are on none by themselves.
    pub(in super::super) through: Option<String>,
}

/// Where a person's letter about a team goes as of now; none: they left, stopped it, or are on no list any more.
pub(in super::super) async fn person(
    cx: &mut Cx<'_>,
    team: TeamId,
    person: PersonId,
) -> Result<Option<Address>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let row = sqlx::query!(
        r#"WITH RECURSIVE
               listed AS (
                   SELECT m.person_id, m.team_id, m.stopped_at, l.name FROM wins_list l JOIN wins_list_member m ON m.list_id = l.id
                   WHERE l.team_id = $1),
               mine AS (
                   SELECT t.id, t.parent_id, 0 AS depth FROM membership m JOIN team t ON t.id = m.team_id
                   WHERE m.person_id = $2 AND m.valid_from <= $3 AND (m.valid_until IS NULL OR m.valid_until > $3)
                   UNION SELECT t.id, t.parent_id, x.depth + 1 FROM mine x JOIN team t ON t.id = x.parent_id WHERE x.depth < 32)
           SELECT p.name, p.email AS "email!",
                  (SELECT m.name FROM listed m WHERE m.person_id = p.id ORDER BY lower(m.name) LIMIT 1) AS list,
                  (SELECT t.name FROM listed m JOIN team t ON t.id = m.team_id WHERE m.team_id IN (SELECT id FROM mine)
                   ORDER BY lower(t.name) LIMIT 1) AS through
           FROM person p
           WHERE p.id = $2 AND p.active AND p.email IS NOT NULL
             AND NOT EXISTS (SELECT FROM listed m WHERE m.person_id = p.id AND m.stopped_at IS NOT NULL)"#,
        team as TeamId,
        person as PersonId,
        now as _
    )
    .fetch_optional(cx.conn())
    .await?;
    let address =
        row.map(|r| Address { name: Some(r.name), email: r.email, list: r.list, through: r.through });
    Ok(address.filter(|a| a.list.is_some() || a.through.is_some()))
}

/// Where the letter to an address outside goes as of now; none: it was not let in, stopped it, or is on no list any more.
pub(in super::super) async fn outside(
    cx: &mut Cx<'_>,
    team: TeamId,
    member: ListMemberId,
) -> Result<Option<Address>> {
    let row = sqlx::query!(
        r#"SELECT m.email AS "email!", l.name FROM wins_list_member m JOIN wins_list l ON l.id = m.list_id
           WHERE m.id = $1 AND l.team_id = $2 AND m.email IS NOT NULL AND m.allowed_at IS NOT NULL
             AND NOT EXISTS (SELECT FROM wins_list o JOIN wins_list_member s ON s.list_id = o.id
                             WHERE o.team_id = $2 AND lower(s.email) = lower(m.email) AND s.stopped_at IS NOT NULL)"#,
        member as ListMemberId,
        team as TeamId
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(|r| Address { name: None, email: r.email, list: Some(r.name), through: None }))
}

/// Lets the secret of this hash stop letters about a team to a reader, beside those of the letters before; those of letters from before
/// `oldest` are gone.
pub(in super::super) async fn add_stop(
    cx: &mut Cx<'_>,
    team: TeamId,
    to: Recipient,
    hash: &[u8],
    oldest: Timestamp,
) -> Result<()> {
    let (person, member) = match to {
        Recipient::Person(person) => (Some(person), None),
        Recipient::Outside(member) => (None, Some(member)),
    };
    let (now, oldest) = (jiff_sqlx::Timestamp::from(cx.now()), jiff_sqlx::Timestamp::from(oldest));
    sqlx::query!(
        "WITH reader AS (
             SELECT m.id FROM wins_list_member m JOIN wins_list l ON l.id = m.list_id AND l.team_id = $1
             WHERE m.person_id = $2 OR lower(m.email) = (SELECT lower(o.email) FROM wins_list_member o WHERE o.id = $3)),
         gone AS (DELETE FROM wins_stop s USING reader WHERE s.member_id = reader.id AND s.created_at < $6)
         INSERT INTO wins_stop (hash, member_id, created_at) SELECT $4, reader.id, $5 FROM reader",
        team as TeamId,
        person as Option<PersonId>,
        member as Option<ListMemberId>,
        hash,
        now as _,
        oldest as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Of whose letters the secret of this hash is, and whether they are stopped.
pub(in super::super) async fn stop_stands(cx: &mut Cx<'_>, hash: &[u8]) -> Result<Option<(String, bool)>> {
    let row = sqlx::query!(
        r#"SELECT t.name, bool_or(m.stopped_at IS NOT NULL) AS "stopped!"
           FROM wins_stop s JOIN wins_list_member m ON m.id = s.member_id JOIN wins_list l ON l.id = m.list_id JOIN team t ON t.id = l.team_id
           WHERE s.hash = $1 GROUP BY t.id"#,
        hash
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(|r| (r.name, r.stopped)))
}

/// Whose letters a secret stops, and whether it does so only now.
pub(in super::super) struct Stopped {
    pub(in super::super) team: TeamName,
    pub(in super::super) is_now: bool,
}

/// Stops letters by the hash of a secret: those to whoever read the letter, on all lists of the team, also those that they were put on
/// since.
pub(in super::super) async fn stop(cx: &mut Cx<'_>, hash: &[u8]) -> Result<Option<Stopped>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let row = sqlx::query!(
        r#"WITH reader AS (
                    SELECT l.team_id, m.person_id, lower(m.email) AS email
                    FROM wins_stop s JOIN wins_list_member m ON m.id = s.member_id JOIN wins_list l ON l.id = m.list_id
                    WHERE s.hash = $1 LIMIT 1),
                meant AS (
                    SELECT m.id, m.stopped_at FROM reader r JOIN wins_list l ON l.team_id = r.team_id
                         JOIN wins_list_member m ON m.list_id = l.id AND (m.person_id = r.person_id OR lower(m.email) = r.email)),
                stopped AS (UPDATE wins_list_member m SET stopped_at = $2 FROM meant WHERE m.id = meant.id AND m.stopped_at IS NULL)
           SELECT t.id AS "id: TeamId", t.slug, t.name, (SELECT bool_or(meant.stopped_at IS NULL) FROM meant) AS "now!"
           FROM reader r JOIN team t ON t.id = r.team_id"#,
        hash,
        now as _
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(|r| Stopped { team: TeamName { id: r.id, slug: r.slug, name: r.name }, is_now: r.now }))
}

/// Whose a publication is, if there is such a one: for traces of letters.
pub(in super::super) async fn publisher(cx: &mut Cx<'_>, id: PublicationId) -> Result<Option<TeamId>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT team_id AS "team: TeamId" FROM wins_publication WHERE id = $1"#,
        id as PublicationId
    )
    .fetch_optional(cx.conn())
    .await?)
}
