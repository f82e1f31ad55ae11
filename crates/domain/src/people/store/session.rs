//! Sessions and one-time links.

use crate::{Cx, PersonId, Result, SessionId};

/// Ends all sessions of a person, or all but one.
pub(in super::super) async fn end_sessions_of(cx: &mut Cx<'_>, person: PersonId, but: Option<SessionId>) -> Result<u64> {
    Ok(sqlx::query!(
        "DELETE FROM session WHERE person_id = $1 AND ($2::uuid IS NULL OR id <> $2)",
        person as PersonId,
        but as Option<SessionId>,
    )
    .execute(cx.conn())
    .await?
    .rows_affected())
}

/// Makes the unused one-time links of a person useless.
pub(in super::super) async fn void_links_of(cx: &mut Cx<'_>, person: PersonId) -> Result<()> {
    sqlx::query!("DELETE FROM sign_in_link WHERE person_id = $1 AND used_at IS NULL", person as PersonId).execute(cx.conn()).await?;
    Ok(())
}
