//! Statements of the hand-over notes.

use jiff::civil::Date;

use super::super::{Note, Week};
use crate::{Cx, PersonId, Result, TeamId, people::PersonName};

struct Row {
    week: String,
    text: String,
    version: i64,
    written_by: Option<PersonId>,
    handle: Option<String>,
    name: Option<String>,
    active: Option<bool>,
    written_at: jiff_sqlx::Timestamp,
}

impl From<Row> for Note {
    fn from(r: Row) -> Self {
        let by = r.written_by.zip(r.handle).zip(r.name).zip(r.active);
        Self {
            week: Week::containing(r.week.parse().unwrap_or(Date::ZERO)),
            text: r.text,
            version: r.version,
            written_by: by.map(|(((id, handle), name), active)| PersonName { id, handle, name, active }),
            written_at: r.written_at.to_jiff(),
        }
    }
}

pub(in super::super) async fn note(cx: &mut Cx<'_>, team: TeamId, week: Week) -> Result<Option<Note>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT to_char(n.week, 'YYYY-MM-DD') AS "week!", n.text, n.version, n.written_by AS "written_by: PersonId",
                  p.handle AS "handle?", p.name AS "name?", p.active AS "active?", n.written_at
           FROM support_note n LEFT JOIN person p ON p.id = n.written_by WHERE n.team_id = $1 AND n.week = $2::text::date"#,
        team as TeamId,
        week.monday().to_string(),
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(Note::from))
}

pub(in super::super) async fn notes_before(
    cx: &mut Cx<'_>,
    team: TeamId,
    before: Week,
    most: i64,
) -> Result<Vec<Note>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT to_char(n.week, 'YYYY-MM-DD') AS "week!", n.text, n.version, n.written_by AS "written_by: PersonId",
                  p.handle AS "handle?", p.name AS "name?", p.active AS "active?", n.written_at
           FROM support_note n LEFT JOIN person p ON p.id = n.written_by
           WHERE n.team_id = $1 AND n.week < $2::text::date ORDER BY n.week DESC LIMIT $3"#,
        team as TeamId,
        before.monday().to_string(),
        most,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(Note::from).collect())
}

/// Notes of one team are written one after the other.
pub(in super::super) async fn lock_team(cx: &mut Cx<'_>, team: TeamId) -> Result<()> {
    sqlx::query!("SELECT FROM team WHERE id = $1 FOR NO KEY UPDATE", team as TeamId)
        .execute(cx.conn())
        .await?;
    Ok(())
}

pub(in super::super) async fn put_note(cx: &mut Cx<'_>, team: TeamId, week: Week, text: &str) -> Result<()> {
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    sqlx::query!(
        "INSERT INTO support_note AS n (team_id, week, text, written_by, written_at) VALUES ($1, $2::text::date, $3, $4, $5)
         ON CONFLICT (team_id, week) DO UPDATE SET text = excluded.text, version = n.version + 1,
            written_by = excluded.written_by, written_at = excluded.written_at",
        team as TeamId,
        week.monday().to_string(),
        text,
        by as Option<PersonId>,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}
