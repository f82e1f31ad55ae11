//! The catalog as it is read and edited.

mod edit;
mod facets;
mod list;
mod relations;
mod search;

use std::fmt::Write;

use portolan_domain::{Actor, Call, Db, Scope, Via, catalog::EntityRef, people};
use portolan_testkit::catalog::{apply_yaml, component, monday, team, user};
use sqlx::PgPool;

/// A company with 40 components over three teams, one of which is empty, and somebody of each.
pub(crate) async fn company(pool: &PgPool) {
    let mut text = team("basket", None)
        + &team("pricing", None)
        + &team("recipes", None)
        + &user("imke", &["basket"])
        + &user("hui", &["pricing"]);
    for n in 0..40 {
        let owner = ["basket", "group:default/pricing", "recipes", "group:default/nobody-knows"][n % 4];
        let kind = ["service", "library", "website"][n % 3];
        let mut spec = format!("system: {}\n", ["shop", "pay"][n % 2]);
        if n % 5 != 0 {
            let _ = writeln!(spec, "tier: {}", n % 4);
        }
        // names differ in case and repeat between namespaces, so that ties must be broken
        text += &component(&format!("Part-{:02}", n / 2), kind, owner, &spec).replace(
            "\nspec:",
            &format!(
                "\n  namespace: {}\n  tags: [{}]\nspec:",
                ["default", "other"][n % 2],
                ["java, eu", "go", "rust, eu, pci"][n % 3]
            ),
        );
    }
    apply_yaml(pool, &text).await;
}

/// A call of this person.
pub(crate) async fn call_of(pool: &PgPool, handle: &str) -> Call {
    let db = Db::new(pool.clone());
    let mut system = db.call(Actor::system(), monday()).await.unwrap();
    let person = people::person(&mut system.cx(), handle).await.unwrap();
    drop(system);
    db.call(Actor::person(&person, Scope::Write, Via::Page), monday()).await.unwrap()
}

pub(crate) fn r(text: &str) -> EntityRef {
    text.parse().unwrap()
}
