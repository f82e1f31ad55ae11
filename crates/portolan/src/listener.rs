//! Hears what replicas (this one too) say through the database: that a right may have been taken away, that there is work,
//! that something changed for whoever looks at an open page.

use std::{sync::Arc, time::Duration};

use portolan_domain::{
    Portal,
    live::{self, News},
    work,
};
use sqlx::postgres::{PgConnectOptions, PgListener, PgNotification, PgPoolOptions};
use tokio::sync::Notify;

/// Said whenever a right may have been taken away.
const CALLERS: &str = "callers_changed";

/// Listens for ever. `wake` wakes the worker.
pub(crate) async fn run(options: PgConnectOptions, portal: Arc<Portal>, wake: Arc<Notify>) {
    loop {
        if let Err(error) = listen(&options, &portal, &wake).await {
            tracing::warn!(%error, "the listener lost the database; trying again");
        }
        portal.callers.set_listening(false);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Listens until the connection is lost: what is said meanwhile would not be heard.
async fn listen(options: &PgConnectOptions, portal: &Portal, wake: &Notify) -> sqlx::Result<()> {
    // a connection of its own: it would otherwise be missing in the pool for ever
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_with(options.clone())
        .await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.eager_reconnect(false);
    listener.listen_all([CALLERS, work::CHANNEL, live::CHANNEL]).await?;
    portal.callers.set_listening(true);
    // what was said while nobody listened
    portal.live.hand_on(News::Everybody);
    wake.notify_one();
    while let Some(said) = listener.try_recv().await? {
        hear(&said, portal, wake);
    }
    Ok(())
}

fn hear(said: &PgNotification, portal: &Portal, wake: &Notify) {
    match said.channel() {
        CALLERS => {
            portal.callers.forget_all();
            portal.live.hand_on(News::Callers);
        }
        work::CHANNEL => wake.notify_one(),
        live::CHANNEL => portal.live.heard(said.payload()),
        _ => {}
    }
}
