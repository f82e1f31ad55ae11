//! Every migration on a database that is in use: rows written under each stay, and stay acceptable, under all later ones.

use std::{fs, path::Path};

use portolan_domain::MIGRATOR;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

/// How many rows each table has.
async fn counted(db: &mut PgConnection) -> Vec<(String, i64)> {
    let count = "SELECT table_name::text, (xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM %I', table_name), false, true, '')))[1]::text::bigint
        FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1";
    sqlx::query_as(count).fetch_all(db).await.unwrap()
}

#[sqlx::test(migrations = false)]
async fn rows_written_under_every_migration_survive_the_later_ones(pool: PgPool) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/seeds");
    let mut db = pool.acquire().await.unwrap();
    let mut before = Vec::new();
    for migration in MIGRATOR.iter() {
        sqlx::raw_sql(migration.sql.clone()).execute(&mut *db).await.unwrap();
        let now = counted(&mut db).await;
        for table in &before {
            assert!(
                now.contains(table),
                "{} changed how many rows {} has: {now:?}",
                migration.version,
                table.0
            );
        }
        let name = format!("{:04}_{}.sql", migration.version, migration.description.replace(' ', "_"));
        let seed = fs::read_to_string(folder.join(&name))
            .unwrap_or_else(|e| panic!("write migrations/seeds/{name}: {e}"));
        sqlx::raw_sql(AssertSqlSafe(seed)).execute(&mut *db).await.unwrap();
        before = counted(&mut db).await;
    }
    let empty: Vec<_> = before.iter().filter(|(_, rows)| *rows == 0).map(|(table, _)| table).collect();
    assert!(empty.is_empty(), "no seed writes to {empty:?}");
}
