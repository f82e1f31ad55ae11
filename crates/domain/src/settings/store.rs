//! SQL of the settings.

use serde_json::Value;

use crate::{Cx, PersonId, Result};

pub(super) async fn all(cx: &mut Cx<'_>) -> Result<Vec<(String, Value)>> {
    let rows = sqlx::query!("SELECT key, value FROM setting").fetch_all(cx.conn()).await?;
    Ok(rows.into_iter().map(|r| (r.key, r.value)).collect())
}

pub(super) async fn put(cx: &mut Cx<'_>, key: &str, value: &Value) -> Result<()> {
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    sqlx::query!(
        "INSERT INTO setting (key, value, set_by, set_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, set_by = excluded.set_by, set_at = excluded.set_at",
        key,
        value,
        by as Option<PersonId>,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}
