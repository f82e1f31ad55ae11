//! `portolan demo`, and the demo of `portolan serve --demo`.

use anyhow::Result;
use portolan_domain::{Clock, Db};

use super::quiet;
use crate::{
    cli::Store,
    database::{Beside, Database},
    demo,
};

/// `portolan demo`.
pub(super) async fn run(flags: Store) -> Result<()> {
    let database = Database::open(&quiet(&flags)?, Beside::Join).await?;
    let loaded = demo::load(&Db::new(database.pool.clone()), Clock::system().now()).await;
    database.close().await?;
    let loaded = loaded?;
    println!(
        "Fairhaven is there, with {} entities and {} changes: portolan serve --demo lets you sign in as one of its people",
        loaded.entities, loaded.changes
    );
    Ok(())
}

/// Loads the demo company if there is nobody yet.
pub(super) async fn load_into_empty(db: &Db) -> Result<()> {
    let now = Clock::system().now();
    if demo::is_empty(db, now).await? {
        let loaded = demo::load(db, now).await?;
        tracing::info!(loaded.entities, loaded.changes, "the demo company is loaded");
    }
    Ok(())
}
