//! SQL of what open pages hear.

use crate::{Cx, Result};

pub(super) async fn notify(cx: &mut Cx<'_>, words: &[String]) -> Result<()> {
    sqlx::query!("SELECT count(pg_notify('live', word)) FROM unnest($1::text[]) AS w (word)", words)
        .fetch_one(cx.conn())
        .await?;
    Ok(())
}
