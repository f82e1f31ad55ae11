//! Addresses that alerts come in by. The key in the address is the credential: shown once, kept as its hash.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{policy::unknown, store};
use crate::{
    AlertIntegrationId, Cx, Error, Problem, Result, TeamId,
    activity::{self, Act, Changed},
    catalog::EntityRef,
    check::Checks,
    people::{self, TeamName},
    secret,
};

/// How every key begins, so that scanners for leaked secrets know one.
pub const KEY_PREFIX: &str = "pta_";

/// Deliveries that an integration takes in a minute. A storm of two thousand alerts is fewer.
const MOST_A_MINUTE: i32 = 6_000;
const MOST_ROUTES: usize = 10;
const MOST_OPEN: usize = 50;

/// Whose format comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum IntegrationKind {
    /// Prometheus Alertmanager's webhook, and what speaks it.
    Alertmanager,
    /// A plain JSON body.
    Generic,
    /// `PagerDuty`'s Events API v2.
    Pagerduty,
}

impl IntegrationKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Alertmanager, Self::Generic, Self::Pagerduty];

    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alertmanager => "alertmanager",
            Self::Generic => "generic",
            Self::Pagerduty => "pagerduty",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Alertmanager => "Alertmanager",
            Self::Generic => "Plain JSON",
            Self::Pagerduty => "PagerDuty Events v2",
        }
    }

    /// The end of its address.
    pub fn tail(self) -> &'static str {
        match self {
            Self::Alertmanager => "alertmanager",
            Self::Generic => "alerts",
            Self::Pagerduty => "pagerduty",
        }
    }
}

impl std::str::FromStr for IntegrationKind {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == s)
            .ok_or_else(|| Error::invalid("kind", "must be alertmanager, generic or pagerduty"))
    }
}

/// A label that names the service: its value is a reference, and what that leaves out is filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Name of the label.
    pub label: String,
    /// The kind of what it names, if the value does not say.
    pub kind: String,
    /// The namespace, if the value does not say.
    pub namespace: String,
}

impl Route {
    /// What an integration has that says nothing: the label `service` names a component.
    pub fn usual() -> Vec<Self> {
        vec![Self { label: "service".into(), kind: "component".into(), namespace: "default".into() }]
    }
}

/// What labels may name, by the routes in their order.
pub(super) fn named<'r>(
    routes: &'r [Route],
    labels: &'r BTreeMap<String, String>,
) -> impl Iterator<Item = EntityRef> + 'r {
    routes.iter().filter_map(|route| {
        let value = labels.get(&route.label)?;
        EntityRef::parse(value, Some(&route.kind), &route.namespace).ok()
    })
}

/// An integration.
#[derive(Debug, Clone, Serialize)]
pub struct Integration {
    /// Key.
    pub id: AlertIntegrationId,
    /// Whose format it takes.
    pub kind: IntegrationKind,
    /// What it is called here.
    pub name: String,
    /// Who gets what its labels lead to nobody else.
    pub team: TeamName,
    /// Which labels name the service, tried in this order.
    pub routes: Vec<Route>,
    /// Handle of who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was closed.
    pub revoked_at: Option<Timestamp>,
    /// When something last came in.
    pub last_used_at: Option<Timestamp>,
    /// How often something came in.
    pub deliveries: i64,
    /// When something came in last that could not be read, and why.
    pub last_refusal: Option<(Timestamp, String)>,
}

/// An integration to be.
#[derive(Debug, Clone)]
pub struct NewIntegration {
    /// Slug of the team.
    pub team: String,
    /// Whose format it takes.
    pub kind: IntegrationKind,
    /// What it is called.
    pub name: String,
    /// Which labels name the service; none: the usual ones.
    pub routes: Option<Vec<Route>>,
}

/// An integration just made, with the key that is shown this once.
#[derive(Debug)]
pub struct MadeIntegration {
    /// It.
    pub integration: Integration,
    /// The key in its address.
    pub key: String,
}

impl MadeIntegration {
    /// Path of its address, to be put after the portal's public address.
    pub fn path(&self) -> String {
        format!("/api/v1/integrations/{}/{}", self.key, self.integration.kind.tail())
    }
}

/// Makes an integration; members of the team, its leads and admins may.
pub async fn create_integration(cx: &mut Cx<'_>, new: NewIntegration) -> Result<MadeIntegration> {
    let team = people::team(cx, new.team.trim()).await.map_err(|e| unknown("team", e))?;
    people::require_team(cx, Some(team.id), &format!("what pages {}", team.name)).await?;
    cx.reader()?;
    let routes = new.routes.unwrap_or_else(Route::usual);
    let name = checked(&new.name, &routes)?;
    let open = store::integration::of_team(cx, team.id).await?;
    if open.iter().filter(|i| i.revoked_at.is_none()).count() >= MOST_OPEN {
        return Err(Error::Conflict(format!(
            "{MOST_OPEN} integrations are enough for one team; close some first"
        )));
    }
    let (id, key) = (AlertIntegrationId::new(), secret::fresh(KEY_PREFIX)?);
    cx.atomically(async |cx| {
        let hash = secret::digest(&key);
        store::integration::insert(cx, id, team.id, new.kind, &name, &hash, &routes).await?;
        let changes = vec![Changed::new("integration", serde_json::Value::Null, name.as_str())];
        let act = Act { changes, ..Act::new("alert-integration.made", format!("team:{}", team.slug)) };
        activity::record(cx, act).await
    })
    .await?;
    Ok(MadeIntegration { integration: integration(cx, id).await?, key })
}

/// An integration.
pub async fn integration(cx: &mut Cx<'_>, id: AlertIntegrationId) -> Result<Integration> {
    super::policy::may_read(cx)?;
    store::integration::get(cx, id).await?.ok_or_else(|| Error::not_found("integration", id.to_string()))
}

/// The integrations of a team, open ones first, newest first (at most 200). Everyone signed in may see that they are
/// there; their keys nobody sees again.
pub async fn integrations(cx: &mut Cx<'_>, team: TeamId) -> Result<Vec<Integration>> {
    super::policy::may_read(cx)?;
    store::integration::of_team(cx, team).await
}

/// Names an integration anew, or says which labels name the service.
pub async fn edit_integration(
    cx: &mut Cx<'_>,
    id: AlertIntegrationId,
    name: &str,
    routes: &[Route],
) -> Result<Integration> {
    let old = integration(cx, id).await?;
    people::require_team(cx, Some(old.team.id), &format!("what pages {}", old.team.name)).await?;
    let name = checked(name, routes)?;
    cx.atomically(async |cx| {
        store::integration::update(cx, id, &name, routes).await?;
        let told = |routes: &[Route]| routes.iter().map(|r| r.label.clone()).collect::<Vec<_>>();
        let changes = vec![
            Changed::new("integration", old.name.as_str(), name.as_str()),
            Changed::new("labels", told(&old.routes), told(routes)),
        ];
        let act = Act { changes, ..Act::new("alert-integration.edited", format!("team:{}", old.team.slug)) };
        activity::record(cx, act).await
    })
    .await?;
    integration(cx, id).await
}

/// Closes an integration: what comes in from now on is refused. What it told stays.
pub async fn revoke_integration(cx: &mut Cx<'_>, id: AlertIntegrationId) -> Result<()> {
    let old = integration(cx, id).await?;
    people::require_team(cx, Some(old.team.id), &format!("what pages {}", old.team.name)).await?;
    if old.revoked_at.is_some() {
        return Ok(());
    }
    cx.atomically(async |cx| {
        store::integration::revoke(cx, id).await?;
        let changes = vec![Changed::new("integration", old.name.as_str(), serde_json::Value::Null)];
        let act = Act { changes, ..Act::new("alert-integration.closed", format!("team:{}", old.team.slug)) };
        activity::record(cx, act).await
    })
    .await
}

/// An integration whose key was given: what came in by it may be taken in.
#[derive(Debug)]
pub struct Keyed {
    pub(super) id: AlertIntegrationId,
    pub(super) team: TeamId,
    pub(super) name: String,
    pub(super) routes: Vec<Route>,
}

/// Opens the integration of a key, and counts what comes in. Asked before anybody is known: the key is the credential. A
/// closed one, one of another kind and one that never was look the same.
pub async fn open_integration(cx: &mut Cx<'_>, key: &str, kind: IntegrationKind) -> Result<Keyed> {
    let none = || Error::not_found("integration", "with this key");
    if !secret::looks_right(key, KEY_PREFIX) {
        return Err(none());
    }
    let minute = Timestamp::from_second(cx.now().as_second() / 60 * 60).unwrap_or_default();
    let opened = store::integration::open(cx, &secret::digest(key), kind, minute).await?.ok_or_else(none)?;
    if opened.in_minute > MOST_A_MINUTE {
        let rest =
            minute.saturating_add(SignedDuration::from_mins(1)).unwrap_or(minute).duration_since(cx.now());
        return Err(Error::Throttled(rest.unsigned_abs()));
    }
    Ok(Keyed { id: opened.id, team: opened.team, name: opened.name, routes: opened.routes.0 })
}

/// Notes why a body could not be read, for whoever looks at the integration.
pub async fn note_refusal(cx: &mut Cx<'_>, keyed: &Keyed, why: &str) -> Result<()> {
    let why: String = why.chars().filter(|c| !c.is_control()).take(300).collect();
    store::integration::refused(cx, keyed.id, &why).await
}

fn checked(name: &str, routes: &[Route]) -> Result<String> {
    let mut checks = Checks::default();
    let name = checks.line("name", name, 100);
    let mut problems = match checks.done() {
        Ok(()) => Vec::new(),
        Err(Error::Invalid(problems)) => problems,
        Err(other) => return Err(other),
    };
    let mut wrong = |field: String, message: String| problems.push(Problem { field, message });
    if routes.len() > MOST_ROUTES {
        wrong("routes".into(), format!("may be {MOST_ROUTES} at most"));
    }
    for (at, route) in routes.iter().enumerate() {
        if route.label.trim().is_empty() || route.label.chars().count() > 200 {
            wrong(
                format!("routes[{at}].label"),
                "is needed: the name of a label, with at most 200 characters".into(),
            );
        }
        if route.kind.parse::<crate::catalog::Kind>().is_err() {
            wrong(format!("routes[{at}].kind"), "must be a kind of the catalog, such as component".into());
        }
        if route.namespace.trim().is_empty() || route.namespace.contains(['/', ':']) {
            wrong(
                format!("routes[{at}].namespace"),
                "is needed, without a slash or colon, such as default".into(),
            );
        }
    }
    if problems.is_empty() { Ok(name) } else { Err(Error::Invalid(problems)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_name_a_service_by_the_routes_in_their_order() {
        let route = |label: &str, kind: &str| Route {
            label: label.into(),
            kind: kind.into(),
            namespace: "shop".into(),
        };
        let routes = [route("entity", "component"), route("db", "resource")];
        let labels = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<BTreeMap<_, _>>()
        };
        let told = |pairs: &[(&str, &str)]| {
            named(&routes, &labels(pairs)).map(|r| r.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(
            told(&[("db", "Orders"), ("entity", "Checkout-API")]),
            ["component:shop/checkout-api", "resource:shop/orders"]
        );
        assert_eq!(
            told(&[("entity", "resource:pay/ledger")]),
            ["resource:pay/ledger"],
            "a whole reference is one"
        );
        assert!(told(&[("entity", ""), ("service", "checkout")]).is_empty());
    }

    #[test]
    fn what_is_wrong_with_a_route_is_said_where_it_is() {
        let bad = [Route { label: " ".into(), kind: "thing".into(), namespace: "a/b".into() }];
        let Err(Error::Invalid(problems)) = checked("", &bad) else { panic!("must be refused") };
        let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
        assert_eq!(fields, ["name", "routes[0].label", "routes[0].kind", "routes[0].namespace"]);
        assert!(checked("x", &Route::usual()).is_ok());
    }
}
