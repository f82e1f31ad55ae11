//! Catalogs for tests, made the way real ones are: from descriptors.

use jiff::{SignedDuration, Timestamp};
use portolan_domain::{
    Actor, Db,
    catalog::apply::{Report, Request, apply},
};
use sqlx::PgPool;

/// The instant at which catalogs of tests are taken in, unless they say otherwise: a Monday morning.
pub fn monday() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 20_514 + 9) // 2026-03-02T09:00:00Z
}

/// Takes in YAML documents as the system, from the source `test`.
///
/// # Panics
/// If one of them is rejected; the report says why.
pub async fn apply_yaml(pool: &PgPool, text: &str) -> Report {
    let report = apply_as(pool, Actor::system(), monday(), Request::yaml("test", text)).await;
    let report = report.unwrap_or_else(|e| panic!("the catalog of a test is refused: {e}"));
    assert_eq!(report.counts().rejected, 0, "the catalog of a test has rejected documents: {report:#?}");
    report
}

/// Applies a request as somebody, at some instant.
pub async fn apply_as(
    pool: &PgPool,
    actor: Actor,
    now: Timestamp,
    request: Request,
) -> portolan_domain::Result<Report> {
    let db = Db::new(pool.clone());
    let mut call = db.call(actor, now).await?;
    apply(&mut call.cx(), request).await
}

/// A service as a YAML document, with further lines of `spec`.
pub fn service(name: &str, owner: &str, spec: &str) -> String {
    component(name, "service", owner, spec)
}

/// A component of some type as a YAML document, with further lines of `spec`.
pub fn component(name: &str, type_name: &str, owner: &str, spec: &str) -> String {
    let indented = spec.lines().fold(String::new(), |text, line| text + "  " + line + "\n");
    format!(
        "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\nspec:\n  type: {type_name}\n  lifecycle: production\n  owner: {owner}\n{indented}"
    )
}

/// A team as a YAML document.
pub fn team(name: &str, parent: Option<&str>) -> String {
    let parent = parent.map(|p| format!(", parent: {p}")).unwrap_or_default();
    format!(
        "---\napiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {{name: {name}}}\nspec: {{type: team, children: []{parent}}}\n"
    )
}

/// A person as a YAML document, in these teams.
pub fn user(handle: &str, teams: &[&str]) -> String {
    format!(
        "---\napiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {{name: {handle}}}\nspec: {{memberOf: [{}], profile: {{displayName: {handle}, email: {handle}@example.com}}}}\n",
        teams.join(", ")
    )
}
