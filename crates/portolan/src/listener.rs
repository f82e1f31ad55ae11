//! Hears what replicas (this one too) say through the database.

use std::{sync::Arc, time::Duration};

use portolan_domain::Portal;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};

/// Forgets remembered callers whenever a right may have been taken away, on whichever replica. Runs for ever.
pub(crate) async fn run(options: PgConnectOptions, portal: Arc<Portal>) {
    loop {
        if let Err(error) = listen(&options, &portal).await {
            tracing::warn!(%error, "the listener lost the database; trying again");
        }
        portal.callers.set_listening(false);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Listens until the connection is lost: what is said meanwhile would not be heard.
async fn listen(options: &PgConnectOptions, portal: &Portal) -> sqlx::Result<()> {
    // a connection of its own: it would otherwise be missing in the pool for ever
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_with(options.clone())
        .await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.eager_reconnect(false);
    listener.listen("callers_changed").await?;
    portal.callers.set_listening(true);
    while listener.try_recv().await?.is_some() {
        portal.callers.forget_all();
    }
    Ok(())
}
