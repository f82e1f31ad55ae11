//! Who may do what: every route of both faces, asked by everybody, with the answer that each of them gets.
//!
//! A request is such that whoever may do it succeeds; what it needs (a service of the owning team, somebody to put into
//! it, a token to revoke) is made anew for each caller. A route without a row fails, and so does a row without a route.

mod provisioning;
mod provisioning_pages;
mod wins_api;
mod wins_pages;
mod wins_reading;

use std::{
    cell::{OnceCell, RefCell},
    collections::BTreeSet,
};

use serde_json::{Value, json};

use crate::support::{
    http::{Answer, Client},
    page::attribute,
    portal::Portal,
    routes,
};

/// Callers of the API by their tokens, from who may least to who may most.
const CALLERS: [&str; 9] = [
    "a stranger",
    "a member's token that reads",
    "an admin's token that reads",
    "another team's token",
    "a member's token",
    "the lead's token",
    "the token of a lead above",
    "an admin's token that writes",
    "an admin's token that administers",
];

/// Those who look at pages. A session allows all that its person may.
const VIEWERS: [&str; 6] =
    ["a stranger", "somebody of another team", "a member", "the lead", "a lead above", "an admin"];

/// What each of them gets: the status, and where it leads if it leads elsewhere. The same words as in the request stand
/// for what was made for it.
type Cells<const N: usize> = [&'static str; N];

const fn anybody<const N: usize>(answer: &'static str) -> Cells<N> {
    [answer; N]
}

/// Everybody with a token.
const fn readers(answer: &'static str) -> Cells<9> {
    ["401", answer, answer, answer, answer, answer, answer, answer, answer]
}

/// Everybody whose token may write.
const fn writers(answer: &'static str) -> Cells<9> {
    ["401", "403", "403", answer, answer, answer, answer, answer, answer]
}

/// Members and leads of the owning team and of those above it, and admins. An admin's token that only writes has what
/// its person has as a member: nothing here.
const fn owners(answer: &'static str) -> Cells<9> {
    ["401", "403", "403", "403", answer, answer, answer, "403", answer]
}

/// Members and leads of the owning team and of those above it, also to read; and admins.
const fn insiders(answer: &'static str) -> Cells<9> {
    ["401", answer, "403", "403", answer, answer, answer, "403", answer]
}

const fn admins(answer: &'static str) -> Cells<9> {
    ["401", "403", "403", "403", "403", "403", "403", "403", answer]
}

/// Everybody signed in.
const fn viewers(answer: &'static str) -> Cells<6> {
    [SIGN_IN, answer, answer, answer, answer, answer]
}

const fn owning_viewers(answer: &'static str) -> Cells<6> {
    [SIGN_IN, "403", answer, answer, answer, answer]
}

const fn admin_viewers(answer: &'static str) -> Cells<6> {
    [SIGN_IN, "403", "403", "403", "403", answer]
}

const SIGN_IN: &str = "303 /sign-in";

/// Method, route, address that is asked, what is sent, and what each caller gets. `{n}` is a number of its own; the other
/// words in braces are made by [`Scene::made`].
type Row<const N: usize> = (&'static str, &'static str, &'static str, &'static str, Cells<N>);

const ENTITY: &str = "/api/v1/entities/{kind}/{namespace}/{name}";

const HOLIDAYS: &str = "/api/v1/holiday-calendars/{id}";
const STATE: &str = "/api/v1/executors/terraform/state/{id}";
const STATE_LOCK: &str = "/api/v1/executors/terraform/state/{id}/lock";
const SCHEDULE: &str = "/api/v1/schedules/{slug}";

const API: &[Row<9>] = &[
    ("GET", "/api/v1/activity", "/api/v1/activity", "", readers("200")),
    (
        "POST",
        "/api/v1/catalog/apply",
        "/api/v1/catalog/apply?source=matrix-{n}",
        r#"{"apiVersion":"backstage.io/v1alpha1","kind":"System","metadata":{"name":"matrix-{n}"},"spec":{"owner":"harbour"}}"#,
        writers("200"), // what of it a caller may write is told document by document
    ),
    // no token opens a state of Terraform: each has a password of its own, which terraform_state.rs tries
    (
        "GET",
        STATE,
        "/api/v1/executors/terraform/state/0193b2c4-0000-7000-8000-000000000001",
        "",
        anybody("401"),
    ),
    (
        "POST",
        STATE,
        "/api/v1/executors/terraform/state/0193b2c4-0000-7000-8000-000000000001",
        "{}",
        anybody("401"),
    ),
    (
        "DELETE",
        STATE,
        "/api/v1/executors/terraform/state/0193b2c4-0000-7000-8000-000000000001",
        "",
        anybody("401"),
    ),
    (
        "POST",
        STATE_LOCK,
        "/api/v1/executors/terraform/state/0193b2c4-0000-7000-8000-000000000001/lock?by=0193b2c4-0000-7000-8000-000000000001&turn=1",
        r#"{"ID":"x"}"#,
        anybody("401"),
    ),
    (
        "DELETE",
        STATE_LOCK,
        "/api/v1/executors/terraform/state/0193b2c4-0000-7000-8000-000000000001/lock",
        r#"{"ID":"x"}"#,
        anybody("401"),
    ),
    ("GET", "/api/v1/calendars", "/api/v1/calendars", "", readers("200")),
    ("POST", "/api/v1/calendars", "/api/v1/calendars", "{}", writers("201")),
    // the secret in the address is the credential
    ("GET", "/api/v1/calendars/{calendar}", "/api/v1/calendars/{feed}", "", anybody("200")),
    ("DELETE", "/api/v1/calendars/{calendar}", "/api/v1/calendars/{ownfeed}", "", writers("204")),
    ("GET", "/api/v1/holiday-calendars", "/api/v1/holiday-calendars", "", readers("200")),
    (
        "POST",
        "/api/v1/holiday-calendars",
        "/api/v1/holiday-calendars",
        r#"{"team":"harbour","name":"{n}","days":[]}"#,
        owners("201"),
    ),
    ("GET", HOLIDAYS, "/api/v1/holiday-calendars/{holidays}", "", readers("200")),
    ("PUT", HOLIDAYS, "/api/v1/holiday-calendars/{holidays}", r#"{"name":"{n}","days":[]}"#, owners("200")),
    ("DELETE", HOLIDAYS, "/api/v1/holiday-calendars/{holidays}", "", owners("204")),
    ("GET", "/api/v1/oncall", "/api/v1/oncall?team=harbour", "", readers("200")),
    ("GET", "/api/v1/oncall/now", "/api/v1/oncall/now", "", readers("200")),
    ("GET", "/api/v1/people/{handle}/rota", "/api/v1/people/mia/rota", "", readers("200")),
    (
        "PUT",
        "/api/v1/people/{handle}/rota",
        "/api/v1/people/{rotaperson}/rota",
        r#"{"by":"mia","reason":"few"}"#,
        owners("200"),
    ),
    ("GET", "/api/v1/people/{handle}/shifts", "/api/v1/people/mia/shifts", "", readers("200")),
    ("GET", "/api/v1/schedules", "/api/v1/schedules", "", readers("200")),
    (
        "POST",
        "/api/v1/schedules",
        "/api/v1/schedules",
        r#"{"team":"harbour","slug":"matrix-{n}","name":"{n}","purpose":"on-call","time_zone":"Europe/Amsterdam"}"#,
        owners("201"),
    ),
    ("GET", SCHEDULE, "/api/v1/schedules/{rota}", "", readers("200")),
    ("PATCH", SCHEDULE, "/api/v1/schedules/{rota}", r#"{"description":"{n}"}"#, owners("200")),
    ("GET", "/api/v1/schedules/{slug}/layers", "/api/v1/schedules/{rota}/layers", "", readers("200")),
    (
        "POST",
        "/api/v1/schedules/{slug}/layers",
        "/api/v1/schedules/{rota}/layers",
        r#"{"name":"{n}","hand_off":"2026-01-05T09:00","every":1,"unit":"weeks","participants":["lou"]}"#,
        owners("201"),
    ),
    (
        "PATCH",
        "/api/v1/schedules/{slug}/layers/{layer}",
        "/api/v1/schedules/{rotalayer}",
        r#"{"name":"{n}"}"#,
        owners("200"),
    ),
    ("DELETE", "/api/v1/schedules/{slug}/layers/{layer}", "/api/v1/schedules/{rotalayer}", "", owners("204")),
    ("GET", "/api/v1/schedules/{slug}/overrides", "/api/v1/schedules/{rota}/overrides", "", readers("200")),
    (
        "POST",
        "/api/v1/schedules/{slug}/overrides",
        "/api/v1/schedules/{rota}/overrides",
        r#"{"by":"lou","end":"{soon}"}"#,
        owners("201"),
    ),
    ("DELETE", "/api/v1/schedules/{slug}/overrides/{id}", "/api/v1/schedules/{rotacover}", "", owners("204")),
    ("GET", "/api/v1/schedules/{slug}/shifts", "/api/v1/schedules/{rota}/shifts", "", readers("200")),
    (
        "POST",
        "/api/v1/schedules/{slug}/swaps",
        "/api/v1/schedules/{rota}/swaps",
        r#"{"asker":"mia","start":"{soon}","end":"{later}"}"#,
        owners("201"),
    ),
    ("GET", "/api/v1/schedules/{slug}/warnings", "/api/v1/schedules/{rota}/warnings", "", readers("200")),
    ("GET", "/api/v1/me/load", "/api/v1/me/load", "", readers("200")),
    // an admin's token that only reads is not of the team
    ("GET", "/api/v1/teams/{slug}/load", "/api/v1/teams/harbour/load", "", insiders("200")),
    (
        "GET",
        "/api/v1/operational-reviews",
        "/api/v1/operational-reviews?team=harbour&week=2026-W10",
        "",
        insiders("200"),
    ),
    (
        "POST",
        "/api/v1/operational-reviews",
        "/api/v1/operational-reviews",
        r#"{"team":"harbour","week":"2026-W10"}"#,
        owners("201"),
    ),
    ("GET", "/api/v1/operational-reviews/{team}", "/api/v1/operational-reviews/harbour", "", insiders("200")),
    (
        "GET",
        "/api/v1/operational-reviews/{team}/{number}",
        "/api/v1/operational-reviews/harbour/{frozen}",
        "",
        insiders("200"),
    ),
    ("GET", "/api/v1/organisation-review", "/api/v1/organisation-review", "", readers("200")),
    ("GET", "/api/v1/swaps", "/api/v1/swaps", "", readers("200")),
    ("GET", "/api/v1/swaps/{id}", "/api/v1/swaps/{swap}", "", readers("200")),
    ("DELETE", "/api/v1/swaps/{id}", "/api/v1/swaps/{swap}", "", owners("204")),
    ("PUT", "/api/v1/swaps/{id}/taking", "/api/v1/swaps/{swap}/taking", r#"{"taker":"lou"}"#, owners("200")),
    ("DELETE", "/api/v1/swaps/{id}/taking", "/api/v1/swaps/{takenswap}/taking", "", owners("200")),
    ("GET", "/api/v1/alert-integrations", "/api/v1/alert-integrations?team=harbour", "", readers("200")),
    (
        "POST",
        "/api/v1/alert-integrations",
        "/api/v1/alert-integrations",
        r#"{"team":"harbour","kind":"pagerduty","name":"{n}"}"#,
        owners("201"),
    ),
    (
        "GET",
        "/api/v1/alert-integrations/{id}",
        "/api/v1/alert-integrations/{integration}",
        "",
        readers("200"),
    ),
    (
        "PUT",
        "/api/v1/alert-integrations/{id}",
        "/api/v1/alert-integrations/{integration}",
        r#"{"name":"{n}","routes":[{"label":"app"}]}"#,
        owners("200"),
    ),
    (
        "DELETE",
        "/api/v1/alert-integrations/{id}",
        "/api/v1/alert-integrations/{integration}",
        "",
        owners("204"),
    ),
    ("GET", "/api/v1/changes", "/api/v1/changes", "", readers("200")),
    (
        "POST",
        "/api/v1/changes",
        "/api/v1/changes",
        r#"{"entity":"thing-{thing}","environment":"production","version":"{n}"}"#,
        owners("201"),
    ),
    ("GET", "/api/v1/changes/{id}", "/api/v1/changes/{change}", "", readers("200")),
    ("GET", "/api/v1/entities", "/api/v1/entities", "", readers("200")),
    (
        "POST",
        "/api/v1/entities",
        "/api/v1/entities",
        r#"{"kind":"component","name":"matrix-{n}","owner":"harbour","about":{"type":"service","lifecycle":"production"}}"#,
        owners("201"),
    ),
    (
        "POST",
        "/api/v1/entities/by-refs",
        "/api/v1/entities/by-refs",
        r#"{"refs":["component:default/thing-{thing}"]}"#,
        readers("200"),
    ),
    ("GET", ENTITY, "/api/v1/entities/component/default/thing-{thing}", "", readers("200")),
    (
        "PATCH",
        ENTITY,
        "/api/v1/entities/component/default/thing-{thing}",
        r#"{"description":"{n}"}"#,
        owners("200"),
    ),
    ("DELETE", ENTITY, "/api/v1/entities/component/default/thing-{thing}", "", owners("204")),
    (
        "PUT",
        "/api/v1/entities/{kind}/{namespace}/{name}/escalation-policy",
        "/api/v1/entities/component/default/thing-{thing}/escalation-policy",
        r#"{"policy":"{policy}"}"#,
        owners("200"),
    ),
    (
        "DELETE",
        "/api/v1/entities/{kind}/{namespace}/{name}/escalation-policy",
        "/api/v1/entities/component/default/thing-{thing}/escalation-policy",
        "",
        owners("204"),
    ),
    (
        "PUT",
        "/api/v1/entities/{kind}/{namespace}/{name}/facts/{field}",
        "/api/v1/entities/component/default/thing-{thing}/facts/tier",
        r#"{"value":1}"#,
        owners("200"),
    ),
    (
        "DELETE",
        "/api/v1/entities/{kind}/{namespace}/{name}/facts/{field}",
        "/api/v1/entities/component/default/thing-{thing}/facts/contact",
        "",
        owners("200"),
    ),
    (
        "GET",
        "/api/v1/entities/{kind}/{namespace}/{name}/history",
        "/api/v1/entities/component/default/thing-{thing}/history",
        "",
        readers("200"),
    ),
    (
        "GET",
        "/api/v1/entities/{kind}/{namespace}/{name}/ownership",
        "/api/v1/entities/component/default/thing-{thing}/ownership",
        "",
        readers("200"),
    ),
    (
        "PUT",
        "/api/v1/entities/{kind}/{namespace}/{name}/ownership",
        "/api/v1/entities/component/default/thing-{thing}/ownership",
        r#"{"owner":"other","reason":"the matrix"}"#,
        owners("200"),
    ),
    (
        "GET",
        "/api/v1/entities/{kind}/{namespace}/{name}/ownership/candidates",
        "/api/v1/entities/component/default/thing-{thing}/ownership/candidates",
        "",
        readers("200"),
    ),
    (
        "POST",
        "/api/v1/entities/{kind}/{namespace}/{name}/ownership/confirmation",
        "/api/v1/entities/component/default/thing-{thing}/ownership/confirmation",
        "",
        owners("201"),
    ),
    (
        "GET",
        "/api/v1/entities/{kind}/{namespace}/{name}/relations",
        "/api/v1/entities/component/default/thing-{thing}/relations",
        "",
        readers("200"),
    ),
    ("GET", "/api/v1/escalation-policies", "/api/v1/escalation-policies", "", readers("200")),
    (
        "POST",
        "/api/v1/escalation-policies",
        "/api/v1/escalation-policies",
        r#"{"team":"harbour","slug":"matrix-{n}","name":"Matrix","steps":[{"person":"mia","minutes":5}]}"#,
        owners("201"),
    ),
    ("GET", "/api/v1/escalation-policies/{slug}", "/api/v1/escalation-policies/{policy}", "", readers("200")),
    (
        "PUT",
        "/api/v1/escalation-policies/{slug}",
        "/api/v1/escalation-policies/{policy}",
        r#"{"name":"Matrix","steps":[{"lead_of":"harbour","minutes":5}]}"#,
        owners("200"),
    ),
    (
        "DELETE",
        "/api/v1/escalation-policies/{slug}",
        "/api/v1/escalation-policies/{policy}",
        "",
        owners("204"),
    ),
    ("GET", "/api/v1/findings", "/api/v1/findings", "", readers("200")),
    ("GET", "/api/v1/findings/counts", "/api/v1/findings/counts", "", readers("200")),
    ("GET", "/api/v1/actions", "/api/v1/actions", "", readers("200")),
    (
        "POST",
        "/api/v1/actions",
        "/api/v1/actions",
        r#"{"team":"harbour","title":"{n}","due_on":"2030-01-01"}"#,
        owners("201"),
    ),
    ("GET", "/api/v1/actions/{id}", "/api/v1/actions/{action}", "", readers("200")),
    ("PATCH", "/api/v1/actions/{id}", "/api/v1/actions/{action}", r#"{"state":"done"}"#, owners("200")),
    (
        "GET",
        "/api/v1/entities/{kind}/{namespace}/{name}/failure-modes",
        "/api/v1/entities/component/default/thing-{thing}/failure-modes",
        "",
        readers("200"),
    ),
    (
        "POST",
        "/api/v1/entities/{kind}/{namespace}/{name}/failure-modes",
        "/api/v1/entities/component/default/thing-{thing}/failure-modes",
        r#"{"name":"{n}"}"#,
        owners("201"),
    ),
    (
        "DELETE",
        "/api/v1/entities/{kind}/{namespace}/{name}/failure-modes/{id}",
        "/api/v1/entities/component/default/{mode}",
        "",
        owners("204"),
    ),
    // whoever opened it and whoever has a role in it act in it too (domain: incidents)
    ("GET", "/api/v1/incidents", "/api/v1/incidents", "", readers("200")),
    (
        "POST",
        "/api/v1/incidents",
        "/api/v1/incidents",
        r#"{"team":"harbour","title":"{n}","severity":3,"noticed_by":"alert","slo_saw":"yes"}"#,
        writers("201"),
    ),
    ("GET", "/api/v1/incidents/{number}", "/api/v1/incidents/{incident}", "", readers("200")),
    (
        "PATCH",
        "/api/v1/incidents/{number}",
        "/api/v1/incidents/{incident}",
        r#"{"title":"{n}"}"#,
        owners("200"),
    ),
    (
        "GET",
        "/api/v1/incidents/{number}/timeline",
        "/api/v1/incidents/{incident}/timeline",
        "",
        readers("200"),
    ),
    (
        "POST",
        "/api/v1/incidents/{number}/moves",
        "/api/v1/incidents/{incident}/moves",
        r#"{"move":"end"}"#,
        owners("200"),
    ),
    (
        "POST",
        "/api/v1/incidents/{number}/notes",
        "/api/v1/incidents/{incident}/notes",
        r#"{"text":"{n}"}"#,
        owners("200"),
    ),
    (
        "PUT",
        "/api/v1/incidents/{number}/status",
        "/api/v1/incidents/{incident}/status",
        r#"{"text":"{n}"}"#,
        owners("200"),
    ),
    (
        "POST",
        "/api/v1/incidents/{number}/roles",
        "/api/v1/incidents/{incident}/roles",
        r#"{"role":"notes","person":"ann"}"#,
        owners("200"),
    ),
    ("DELETE", "/api/v1/incidents/{number}/roles/{id}", "/api/v1/incidents/{role}", "", owners("204")),
    (
        "PUT",
        "/api/v1/incidents/{number}/review",
        "/api/v1/incidents/{incident}/review",
        r#"{"happened":"{n}"}"#,
        owners("200"),
    ),
    (
        "PUT",
        "/api/v1/incidents/{number}/seen-before/{before}",
        "/api/v1/incidents/{incident}/seen-before/1",
        "",
        owners("204"),
    ),
    (
        "DELETE",
        "/api/v1/incidents/{number}/seen-before/{before}",
        "/api/v1/incidents/{incident}/seen-before/1",
        "",
        owners("204"),
    ),
    // a note is there when a shift changes hands (who writes it: the domain's tests)
    ("GET", "/api/v1/hand-overs", "/api/v1/hand-overs", "", readers("200")),
    ("GET", "/api/v1/hand-overs/{id}", "/api/v1/hand-overs/{nothing}", "", readers("404")),
    ("PUT", "/api/v1/hand-overs/{id}", "/api/v1/hand-overs/{nothing}", r#"{"text":"x"}"#, readers("404")),
    ("GET", "/api/v1/integrations", "/api/v1/integrations", "", admins("200")),
    (
        "POST",
        "/api/v1/integrations",
        "/api/v1/integrations",
        r#"{"kind":"github","name":"the matrix {n}"}"#,
        admins("201"),
    ),
    ("DELETE", "/api/v1/integrations/{key}", "/api/v1/integrations/{github}", "", admins("204")),
    // the signature is the credential: a token, whoever's, opens no hook (what a right signature does: hooks.rs)
    (
        "POST",
        "/api/v1/integrations/{key}/github",
        "/api/v1/integrations/{github}/github",
        "{}",
        anybody("401"),
    ),
    (
        "POST",
        "/api/v1/integrations/{key}/gitlab",
        "/api/v1/integrations/{gitlab}/gitlab",
        "{}",
        anybody("401"),
    ),
    (
        "PUT",
        "/api/v1/me/away-calendar",
        "/api/v1/me/away-calendar",
        r#"{"address":"https://calendar.example.org/{n}.ics"}"#,
        writers("200"),
    ),
    (
        "GET",
        "/api/v1/me/away-calendar",
        "/api/v1/me/away-calendar",
        "",
        // a person has one whichever token gave it: Mia, Ada, then the others
        ["401", "200", "200", "200", "200", "200", "200", "200", "200"],
    ),
    ("DELETE", "/api/v1/me/away-calendar", "/api/v1/me/away-calendar", "", writers("204")),
    // the key is the credential: a token, whoever's, opens none (what a right key does: alerts.rs)
    (
        "POST",
        "/api/v1/integrations/{key}/alertmanager",
        "/api/v1/integrations/pta_{n}/alertmanager",
        "{}",
        anybody("404"),
    ),
    (
        "POST",
        "/api/v1/integrations/{key}/alerts",
        "/api/v1/integrations/pta_{n}/alerts",
        "{}",
        anybody("404"),
    ),
    (
        "POST",
        "/api/v1/integrations/{key}/pagerduty",
        "/api/v1/integrations/pta_{n}/pagerduty",
        "{}",
        anybody("404"),
    ),
    ("GET", "/api/v1/maintenance-windows", "/api/v1/maintenance-windows", "", readers("200")),
    (
        "POST",
        "/api/v1/maintenance-windows",
        "/api/v1/maintenance-windows",
        r#"{"entity":"thing-{thing}","until":"{soon}","reason":"the matrix"}"#,
        owners("201"),
    ),
    ("GET", "/api/v1/maintenance-windows/{id}", "/api/v1/maintenance-windows/{window}", "", readers("200")),
    (
        "POST",
        "/api/v1/maintenance-windows/{id}/end",
        "/api/v1/maintenance-windows/{window}/end",
        "",
        owners("200"),
    ),
    ("GET", "/api/v1/me", "/api/v1/me", "", readers("200")),
    ("GET", "/api/v1/me/sessions", "/api/v1/me/sessions", "", readers("200")),
    ("DELETE", "/api/v1/me/sessions/{id}", "/api/v1/me/sessions/{session}", "", writers("204")),
    ("GET", "/api/v1/me/tokens", "/api/v1/me/tokens", "", readers("200")),
    ("POST", "/api/v1/me/tokens", "/api/v1/me/tokens", r#"{"name":"{n}","scope":"read"}"#, writers("201")),
    ("DELETE", "/api/v1/me/tokens/{id}", "/api/v1/me/tokens/{token}", "", writers("204")),
    ("DELETE", "/api/v1/memberships/{id}", "/api/v1/memberships/{membership}", "", owners("204")),
    ("GET", "/api/v1/pages", "/api/v1/pages", "", readers("200")),
    (
        "POST",
        "/api/v1/pages",
        "/api/v1/pages",
        r#"{"team":"harbour","summary":"{n}","impact":"the matrix","how_bad":"slowed"}"#,
        writers("201"),
    ),
    ("GET", "/api/v1/pages/{id}", "/api/v1/pages/{page}", "", readers("200")),
    ("POST", "/api/v1/pages/{id}/acknowledgement", "/api/v1/pages/{page}/acknowledgement", "", owners("200")),
    (
        "PUT",
        "/api/v1/pages/{id}/judgement",
        "/api/v1/pages/{over}/judgement",
        r#"{"judgement":"no-impact"}"#,
        owners("200"),
    ),
    ("POST", "/api/v1/pages/{id}/notes", "/api/v1/pages/{page}/notes", r#"{"text":"{n}"}"#, writers("201")),
    (
        "POST",
        "/api/v1/pages/{id}/reassignment",
        "/api/v1/pages/{page}/reassignment",
        r#"{"person":"lou"}"#,
        owners("200"),
    ),
    (
        "POST",
        "/api/v1/pages/{id}/resolution",
        "/api/v1/pages/{page}/resolution",
        r#"{"note":"{n}"}"#,
        owners("200"),
    ),
    (
        "POST",
        "/api/v1/pages/{id}/responders",
        "/api/v1/pages/{page}/responders",
        r#"{"person":"lou"}"#,
        owners("201"),
    ),
    ("GET", "/api/v1/people", "/api/v1/people", "", readers("200")),
    (
        "POST",
        "/api/v1/people",
        "/api/v1/people",
        r#"{"handle":"matrix-{n}","name":"Matrix","email":"matrix-{n}@example.org"}"#,
        admins("201"),
    ),
    ("GET", "/api/v1/people/{handle}", "/api/v1/people/mia", "", readers("200")),
    ("PATCH", "/api/v1/people/{handle}", "/api/v1/people/{person}", r#"{"name":"{n}"}"#, admins("200")),
    ("GET", "/api/v1/people/{handle}/memberships", "/api/v1/people/mia/memberships", "", readers("200")),
    (
        "POST",
        "/api/v1/people/{handle}/sign-in-link",
        "/api/v1/people/{person}/sign-in-link",
        "",
        admins("201"),
    ),
    ("GET", "/api/v1/running", "/api/v1/running", "", readers("200")),
    ("GET", "/api/v1/search", "/api/v1/search?q=thing", "", readers("200")),
    ("GET", "/api/v1/settings", "/api/v1/settings", "", admins("200")),
    (
        "PUT",
        "/api/v1/settings",
        "/api/v1/settings",
        r#"{"usage_names_days":30,"confirm_after_days":null,"confirm_asks_a_month":4,"load_good_one_in":6,"load_least_one_in":4,"load_pages_good":2,"load_pages_most":5,"load_false_alarms_most":30,"load_essential_warn":40,"load_essential_alarm":50,"cost_centre_annotation":"portolan.dev/cost-centre"}"#,
        admins("200"),
    ),
    ("GET", "/api/v1/engagement", "/api/v1/engagement?team=harbour&impact=outage", "", readers("200")),
    ("GET", "/api/v1/support-requests", "/api/v1/support-requests", "", readers("200")),
    (
        "POST",
        "/api/v1/support-requests",
        "/api/v1/support-requests",
        r#"{"team":"harbour","title":"{n}","impact":"question","category":"bug"}"#,
        writers("201"),
    ),
    ("GET", "/api/v1/support-requests/{number}", "/api/v1/support-requests/{request}", "", readers("200")),
    // answered by the team that is asked; whoever asked adds, closes and reopens too (domain: support)
    (
        "POST",
        "/api/v1/support-requests/{number}/messages",
        "/api/v1/support-requests/{request}/messages",
        r#"{"text":"{n}"}"#,
        owners("200"),
    ),
    (
        "PUT",
        "/api/v1/support-requests/{number}/assignment",
        "/api/v1/support-requests/{request}/assignment",
        r#"{"person":"mia"}"#,
        owners("200"),
    ),
    (
        "PUT",
        "/api/v1/support-requests/{number}/category",
        "/api/v1/support-requests/{request}/category",
        r#"{"category":"design"}"#,
        owners("200"),
    ),
    (
        "POST",
        "/api/v1/support-requests/{number}/closing",
        "/api/v1/support-requests/{request}/closing",
        "{}",
        owners("200"),
    ),
    (
        "POST",
        "/api/v1/support-requests/{number}/reopening",
        "/api/v1/support-requests/{closed}/reopening",
        r#"{"text":"{n}"}"#,
        owners("200"),
    ),
    ("GET", "/api/v1/teams", "/api/v1/teams", "", readers("200")),
    (
        "POST",
        "/api/v1/teams",
        "/api/v1/teams",
        r#"{"slug":"matrix-{n}","name":"Matrix","parent":"harbour"}"#,
        owners("201"),
    ),
    ("GET", "/api/v1/teams/{slug}", "/api/v1/teams/harbour", "", readers("200")),
    ("PATCH", "/api/v1/teams/{slug}", "/api/v1/teams/harbour", r#"{"purpose":"{n}"}"#, owners("200")),
    ("POST", "/api/v1/teams/{slug}/confirmation", "/api/v1/teams/harbour/confirmation", "", owners("201")),
    ("GET", "/api/v1/teams/{slug}/hand-over", "/api/v1/teams/harbour/hand-over", "", readers("200")),
    (
        "POST",
        "/api/v1/teams/{slug}/hand-over",
        "/api/v1/teams/harbour/hand-over",
        r#"{"owner":"other","reason":"with thing-{thing}"}"#,
        owners("200"),
    ),
    ("GET", "/api/v1/teams/{slug}/members", "/api/v1/teams/harbour/members", "", readers("200")),
    (
        "POST",
        "/api/v1/teams/{slug}/members",
        "/api/v1/teams/harbour/members",
        r#"{"person":"{person}"}"#,
        owners("201"),
    ),
    (
        "GET",
        "/api/v1/teams/{slug}/support-levels",
        "/api/v1/teams/harbour/support-levels",
        "",
        readers("200"),
    ),
    (
        "PUT",
        "/api/v1/teams/{slug}/support-levels",
        "/api/v1/teams/harbour/support-levels",
        r#"{"levels":[]}"#,
        owners("200"),
    ),
    (
        "DELETE",
        "/api/v1/teams/{slug}/support-levels",
        "/api/v1/teams/harbour/support-levels",
        "",
        owners("204"),
    ),
    ("GET", "/api/v1/teams/{slug}/support-notes", "/api/v1/teams/harbour/support-notes", "", readers("200")),
    (
        "PUT",
        "/api/v1/teams/{slug}/support-notes/{week}",
        "/api/v1/teams/harbour/support-notes/2026-W01",
        r#"{"text":"{n}"}"#,
        owners("200"),
    ),
    (
        "GET",
        "/api/v1/teams/{slug}/support-notes/{week}",
        "/api/v1/teams/harbour/support-notes/2026-W01",
        "",
        readers("200"),
    ),
    ("GET", "/api/v1/teams/{slug}/support-weeks", "/api/v1/teams/harbour/support-weeks", "", readers("200")),
    (
        "PUT",
        "/api/v1/teams/{slug}/related-team",
        "/api/v1/teams/harbour/related-team",
        r#"{"team":"other"}"#,
        owners("204"),
    ),
    ("GET", "/api/v1/usage", "/api/v1/usage", "", admins("200")),
    ("GET", "/api/v1/webhooks", "/api/v1/webhooks?team=harbour", "", owners("200")),
    (
        "POST",
        "/api/v1/webhooks",
        "/api/v1/webhooks",
        r#"{"team":"{team}","name":"{n}","url":"https://hooks.example.org/{n}"}"#,
        owners("201"),
    ),
    ("DELETE", "/api/v1/webhooks/{id}", "/api/v1/webhooks/{webhook}", "", owners("204")),
    ("POST", "/api/v1/webhooks/{id}/test", "/api/v1/webhooks/{webhook}/test", "", owners("202")),
];

const THING: &str = "/catalog/{kind}/{namespace}/{name}";
const LEVELS: &str = "at_once_tier_0=anyone&impact_tier_0=blocked&first_answer_tier_0=1+h&next_answer_tier_0=2+h\
    &at_once_tier_1=anyone&impact_tier_1=blocked&first_answer_tier_1=1+h&next_answer_tier_1=2+h\
    &at_once_tier_2=anyone&impact_tier_2=blocked&first_answer_tier_2=1+h&next_answer_tier_2=2+h\
    &at_once_tier_3=anyone&impact_tier_3=blocked&first_answer_tier_3=1+h&next_answer_tier_3=2+h\
    &at_once_no_tier=anyone&impact_no_tier=blocked&first_answer_no_tier=1+h&next_answer_no_tier=2+h";
const PASSWORDS: &str = "password=four+plain+words+here&again=four+plain+words+here";

const PAGES: &[Row<6>] = &[
    // what machines ask, and what a browser needs before anybody is known
    ("GET", "/healthz", "/healthz", "", anybody("200")),
    ("GET", "/readyz", "/readyz", "", anybody("200")),
    ("GET", "/metrics", "/metrics", "", anybody("200")),
    ("GET", "/api/v1/openapi.json", "/api/v1/openapi.json", "", anybody("200")),
    ("GET", "/api/docs/{*rest}", "/api/docs/index.html", "", anybody("200")),
    ("GET", "/favicon.ico", "/favicon.ico", "", anybody("200")),
    ("GET", "/assets/{name}", "{asset}", "", anybody("200")),
    // the ways in; that of the demo is closed here, and so is the set-up, for there is an admin (both open: journeys.rs)
    ("GET", "/sign-in", "/sign-in", "", ["200", "303 /", "303 /", "303 /", "303 /", "303 /"]),
    (
        "POST",
        "/sign-in",
        "/sign-in",
        "account={account}&password=four+plain+words+here&next=%2Fteams",
        anybody("303 /teams"),
    ),
    ("POST", "/sign-in/persona", "/sign-in/persona", "handle=mia", anybody("404")),
    ("GET", "/sign-in/{secret}", "/sign-in/{link}", "", anybody("200")),
    ("POST", "/sign-in/{secret}", "/sign-in/{link}", "", anybody("303 /account")),
    ("POST", "/sign-out", "/sign-out", "", anybody(SIGN_IN)),
    ("GET", "/set-up/{secret}", "/set-up/spent", "", anybody("410")),
    (
        "POST",
        "/set-up/{secret}",
        "/set-up/spent",
        "handle=eve&name=Eve&email=eve%40example.org&time_zone=UTC&password=four+plain+words+here",
        anybody("410"),
    ),
    // everybody signed in
    ("GET", "/", "/", "", viewers("200")),
    ("POST", "/preferences", "/preferences", "theme=dark&next=%2Fteams", viewers("303 /teams")),
    ("GET", "/account", "/account", "", viewers("200")),
    ("POST", "/account/profile", "/account/profile", "name=Somebody&time_zone=UTC", viewers("303 /account")),
    ("POST", "/account/password", "/account/password", PASSWORDS, viewers("303 /account")),
    (
        "POST",
        "/account/calendar",
        "/account/calendar",
        "address=https%3A%2F%2Fcalendar.example.org%2F{n}.ics",
        viewers("303 /account"),
    ),
    ("POST", "/account/calendar/removal", "/account/calendar/removal", "", viewers("303 /account")),
    ("GET", "/account/tokens/new", "/account/tokens/new", "", viewers("200")),
    ("POST", "/account/tokens/new", "/account/tokens/new", "name={n}&scope=read&days=30", viewers("201")),
    ("POST", "/account/tokens/{id}/revoke", "/account/tokens/{token}/revoke", "", viewers("303 /account")),
    ("POST", "/account/sessions/{id}/end", "/account/sessions/{session}/end", "", viewers("303 /account")),
    ("POST", "/account/sessions/end-others", "/account/sessions/end-others", "", viewers("303 /account")),
    ("POST", "/account/sessions/end-all", "/account/sessions/end-all", "", viewers(SIGN_IN)),
    ("GET", "/activity", "/activity", "", viewers("200")),
    ("GET", "/catalog", "/catalog", "", viewers("200")),
    ("GET", THING, "/catalog/component/default/thing-{thing}", "", viewers("200")),
    ("GET", "/changes", "/changes", "", viewers("200")),
    ("GET", "/changes/record", "/changes/record", "", viewers("200")),
    ("GET", "/changes/running", "/changes/running", "", viewers("200")),
    ("GET", "/findings", "/findings", "", viewers("200")),
    ("GET", "/help/keyboard", "/help/keyboard", "", viewers("200")),
    ("GET", "/live", "/live?once", "", viewers("200")),
    ("GET", "/hand-overs", "/hand-overs", "", viewers("200")),
    ("GET", "/hand-overs/{id}", "/hand-overs/{nothing}", "", viewers("404")),
    ("POST", "/hand-overs/{id}", "/hand-overs/{nothing}", "body=x&act=save", viewers("404")),
    ("GET", "/maintenance", "/maintenance", "", viewers("200")),
    ("GET", "/pages", "/pages", "", viewers("200")),
    ("GET", "/pages/new", "/pages/new?team=harbour", "", viewers("200")),
    (
        "POST",
        "/pages/new",
        "/pages/new",
        "team=harbour&summary={n}&impact=the+matrix&how_bad=slowed",
        viewers("303 /pages/#"),
    ),
    ("GET", "/pages/{id}", "/pages/{page}", "", viewers("200")),
    ("POST", "/pages/{id}/notes", "/pages/{page}/notes", "text={n}", viewers("303 /pages/#")),
    (
        "GET",
        "/catalog/{kind}/{namespace}/{name}/paging",
        "/catalog/component/default/thing-{thing}/paging",
        "",
        viewers("200"),
    ),
    ("GET", "/teams/{slug}/load", "/teams/harbour/load", "", owning_viewers("200")),
    (
        "POST",
        "/teams/{slug}/alert-rules",
        "/teams/harbour/alert-rules",
        "rule=Rule{n}&owner=mia&due_on=2027-01-31",
        owning_viewers("303 /teams/harbour/load"),
    ),
    ("GET", "/teams/{slug}/paging", "/teams/harbour/paging", "", viewers("200")),
    ("GET", "/teams/{slug}/integrations", "/teams/harbour/integrations", "", viewers("200")),
    ("GET", "/alert-integrations/{id}", "/alert-integrations/{integration}", "", viewers("200")),
    ("GET", "/escalation-policies/{slug}", "/escalation-policies/{policy}", "", viewers("200")),
    ("GET", "/people", "/people", "", viewers("200")),
    ("GET", "/people/{handle}", "/people/mia", "", viewers("200")),
    ("GET", "/search", "/search?q=thing", "", viewers("200")),
    ("GET", "/search/people", "/search/people?q=mia", "", viewers("200")),
    ("GET", "/search/quick", "/search/quick?q=thing", "", viewers("200")),
    ("GET", "/help/support", "/help/support", "", viewers("200")),
    ("GET", "/actions", "/actions", "", viewers("200")),
    ("GET", "/incidents", "/incidents", "", viewers("200")),
    ("GET", "/incidents/new", "/incidents/new?team=harbour", "", viewers("200")),
    (
        "POST",
        "/incidents/new",
        "/incidents/new",
        "team=harbour&title={n}&severity=3&noticed_by=alert&slo_saw=yes",
        viewers("303 /incidents/{nextincident}"),
    ),
    ("GET", "/incidents/{number}", "/incidents/{incident}", "", viewers("200")),
    ("GET", "/reviews", "/reviews", "", viewers("200")),
    ("GET", "/help/reviews", "/help/reviews", "", viewers("200")),
    ("GET", "/teams/{slug}/review", "/teams/harbour/review?week=2026-W10", "", owning_viewers("200")),
    (
        "POST",
        "/teams/{slug}/reviews",
        "/teams/harbour/reviews",
        "week=2026-W10",
        owning_viewers("303 /teams/harbour/reviews/#"),
    ),
    ("GET", "/teams/{slug}/reviews", "/teams/harbour/reviews", "", owning_viewers("200")),
    ("GET", "/teams/{slug}/reviews/{number}", "/teams/harbour/reviews/{frozen}", "", owning_viewers("200")),
    ("GET", "/support", "/support", "", viewers("200")),
    ("GET", "/support/new", "/support/new?team=harbour", "", viewers("200")),
    (
        "POST",
        "/support/new",
        "/support/new",
        "team=harbour&title={n}&impact=question&category=bug",
        viewers("303 /support/requests/{following}"),
    ),
    ("GET", "/support/requests/{number}", "/support/requests/{request}", "", viewers("200")),
    ("GET", "/support/teams/{slug}", "/support/teams/harbour", "", viewers("200")),
    ("GET", "/support/teams/{slug}/levels", "/support/teams/harbour/levels", "", viewers("200")),
    ("GET", "/support/teams/{slug}/notes", "/support/teams/harbour/notes", "", viewers("200")),
    ("GET", "/support/teams/{slug}/weeks", "/support/teams/harbour/weeks", "", viewers("200")),
    ("GET", "/help/on-call", "/help/on-call", "", viewers("200")),
    ("GET", "/oncall", "/oncall", "", viewers("200")),
    ("GET", "/oncall/mine", "/oncall/mine", "", viewers("200")),
    ("GET", "/oncall/calendars", "/oncall/calendars", "", viewers("200")),
    ("POST", "/oncall/calendars", "/oncall/calendars", "schedule=", viewers("201")),
    (
        "POST",
        "/oncall/calendars/{id}/revocation",
        "/oncall/calendars/{ownfeed}/revocation",
        "",
        viewers("303 /oncall/calendars"),
    ),
    ("GET", "/holiday-calendars", "/holiday-calendars", "", viewers("200")),
    ("GET", "/holiday-calendars/new", "/holiday-calendars/new", "", viewers("200")),
    (
        "POST",
        "/holiday-calendars/new",
        "/holiday-calendars/new",
        "team=harbour&name={n}&days=2026-12-25+Christmas",
        owning_viewers("303 /holiday-calendars"),
    ),
    ("GET", "/holiday-calendars/{id}", "/holiday-calendars/{holidays}", "", viewers("200")),
    (
        "POST",
        "/holiday-calendars/{id}",
        "/holiday-calendars/{holidays}",
        "name={n}",
        owning_viewers("303 /holiday-calendars"),
    ),
    (
        "POST",
        "/holiday-calendars/{id}/deletion",
        "/holiday-calendars/{holidays}/deletion",
        "",
        owning_viewers("303 /holiday-calendars"),
    ),
    ("GET", "/people/{handle}/rota", "/people/mia/rota", "", viewers("200")),
    (
        "POST",
        "/people/{handle}/rota",
        "/people/{rotaperson}/rota",
        "by=mia&schedules={itsrota}&act=save&reason=few",
        owning_viewers("303 /people/{rotaperson}/rota"),
    ),
    // any member of any team makes schedules
    ("GET", "/schedules/new", "/schedules/new", "", [SIGN_IN, "200", "200", "200", "200", "200"]),
    (
        "POST",
        "/schedules/new",
        "/schedules/new",
        "act=save&team=harbour&slug=matrix-{n}&name={n}&purpose=support&time_zone=UTC&hand_off=2026-01-05T09:00&every=1&unit=weeks&participants=mia",
        owning_viewers("303 /schedules/matrix-{n}"),
    ),
    ("GET", "/schedules/{slug}", "/schedules/{rota}", "", viewers("200")),
    ("GET", "/schedules/{slug}/edit", "/schedules/{rota}/edit", "", owning_viewers("200")),
    (
        "POST",
        "/schedules/{slug}/edit",
        "/schedules/{rota}/edit",
        "act=save&name={n}&time_zone=UTC&reason=matrix",
        owning_viewers("303 /schedules/{rota}"),
    ),
    (
        "POST",
        "/schedules/{slug}/layers/{id}/removal",
        "/schedules/{rotalayer}/removal",
        "",
        owning_viewers("303 /schedules/{itsrota}"),
    ),
    ("GET", "/schedules/{slug}/override", "/schedules/{rota}/override", "", owning_viewers("200")),
    (
        "POST",
        "/schedules/{slug}/override",
        "/schedules/{rota}/override",
        "kind=add&by=lou&start={soon}&end={later}",
        owning_viewers("303 /schedules/{rota}"),
    ),
    (
        "POST",
        "/schedules/{slug}/overrides/{id}/withdrawal",
        "/schedules/{rotacover}/withdrawal",
        "",
        owning_viewers("303 /schedules/{itsrota}"),
    ),
    ("GET", "/schedules/{slug}/swap", "/schedules/{rota}/swap", "", viewers("200")),
    (
        "POST",
        "/schedules/{slug}/swap",
        "/schedules/{rota}/swap",
        "asker=mia&start={soon}&end={later}",
        owning_viewers("303 /schedules/{rota}"),
    ),
    // it is Mia's own time
    (
        "POST",
        "/swaps/{id}/taking",
        "/swaps/{swap}/taking",
        "",
        [
            SIGN_IN,
            "403",
            "409",
            "303 /schedules/{itsrota}",
            "303 /schedules/{itsrota}",
            "303 /schedules/{itsrota}",
        ],
    ),
    (
        "POST",
        "/swaps/{id}/return",
        "/swaps/{takenswap}/return",
        "",
        owning_viewers("303 /schedules/{itsrota}"),
    ),
    (
        "POST",
        "/swaps/{id}/withdrawal",
        "/swaps/{swap}/withdrawal",
        "",
        owning_viewers("303 /schedules/{itsrota}"),
    ),
    (
        "POST",
        "/schedules/{slug}/closing",
        "/schedules/{rota}/closing",
        "",
        owning_viewers("303 /schedules/{rota}"),
    ),
    ("GET", "/schedules/{slug}/layers/new", "/schedules/{rota}/layers/new", "", owning_viewers("200")),
    (
        "POST",
        "/schedules/{slug}/layers/new",
        "/schedules/{rota}/layers/new",
        "act=save&name={n}&priority=2&hand_off=2026-01-05T09:00&every=1&unit=weeks&participants=lou&reason=matrix",
        owning_viewers("303 /schedules/{rota}"),
    ),
    ("GET", "/schedules/{slug}/layers/{id}", "/schedules/{rotalayer}", "", owning_viewers("200")),
    (
        "POST",
        "/schedules/{slug}/layers/{id}",
        "/schedules/{rotalayer}",
        "act=save&name={n}&priority=2&hand_off=2026-01-05T09:00&every=1&unit=weeks&participants=lou&reason=matrix",
        owning_viewers("303 /schedules/{itsrota}"),
    ),
    ("GET", "/teams", "/teams", "", viewers("200")),
    ("GET", "/teams/{slug}", "/teams/harbour", "", viewers("200")),
    // forms that say themselves what their reader may do with them
    ("GET", "/catalog/register", "/catalog/register", "", viewers("200")),
    (
        "GET",
        "/catalog/{kind}/{namespace}/{name}/hand-over",
        "/catalog/component/default/thing-{thing}/hand-over",
        "",
        viewers("200"),
    ),
    ("GET", "/teams/new", "/teams/new", "", viewers("200")),
    ("GET", "/teams/{slug}/hand-over", "/teams/harbour/hand-over", "", viewers("200")),
    // what a team owns
    (
        "POST",
        "/catalog/register",
        "/catalog/register",
        "kind=component&name=matrix-{n}&owner=harbour&type=service&lifecycle=production",
        owning_viewers("303 /catalog/component/default/matrix-{n}"),
    ),
    (
        "GET",
        "/catalog/{kind}/{namespace}/{name}/edit",
        "/catalog/component/default/thing-{thing}/edit",
        "",
        owning_viewers("200"),
    ),
    (
        "POST",
        "/catalog/{kind}/{namespace}/{name}/edit",
        "/catalog/component/default/thing-{thing}/edit",
        "description={n}&tier=1",
        owning_viewers("303 /catalog/component/default/thing-{thing}"),
    ),
    (
        "POST",
        "/catalog/{kind}/{namespace}/{name}/delete",
        "/catalog/component/default/thing-{thing}/delete",
        "",
        owning_viewers("303 /catalog"),
    ),
    (
        "POST",
        "/catalog/{kind}/{namespace}/{name}/hand-over",
        "/catalog/component/default/thing-{thing}/hand-over",
        "owner=other&reason=the+matrix",
        owning_viewers("303 /catalog/component/default/thing-{thing}"),
    ),
    (
        "POST",
        "/catalog/{kind}/{namespace}/{name}/confirmation",
        "/catalog/component/default/thing-{thing}/confirmation",
        "",
        owning_viewers("303 /catalog/component/default/thing-{thing}"),
    ),
    (
        "POST",
        "/teams/new",
        "/teams/new",
        "slug=matrix-{n}&name=Matrix&kind=team&parent=harbour",
        owning_viewers("303 /teams/matrix-{n}"),
    ),
    ("GET", "/teams/{slug}/edit", "/teams/harbour/edit", "", owning_viewers("200")),
    (
        "POST",
        "/teams/{slug}/edit",
        "/teams/harbour/edit",
        "name=Harbour&purpose={n}&kind=team&parent=guild&lead=lou",
        owning_viewers("303 /teams/harbour"),
    ),
    (
        "POST",
        "/teams/{slug}/members",
        "/teams/harbour/members",
        "person={person}",
        owning_viewers("303 /teams/harbour"),
    ),
    (
        "POST",
        "/teams/{slug}/members/{id}/end",
        "/teams/harbour/members/{membership}/end",
        "",
        owning_viewers("303 /teams/harbour"),
    ),
    (
        "POST",
        "/teams/{slug}/hand-over",
        "/teams/harbour/hand-over",
        "owner=other&reason=with+thing-{thing}",
        owning_viewers("303 /teams/harbour"),
    ),
    (
        "POST",
        "/teams/{slug}/confirmation",
        "/teams/harbour/confirmation",
        "",
        owning_viewers("303 /teams/harbour"),
    ),
    ("POST", "/actions/{id}", "/actions/{action}", "state=done", owning_viewers("303 /actions")),
    (
        "POST",
        "/catalog/{kind}/{namespace}/{name}/failure-modes",
        "/catalog/component/default/thing-{thing}/failure-modes",
        "name={n}",
        owning_viewers("303 /catalog/component/default/thing-{thing}"),
    ),
    (
        "POST",
        "/catalog/{kind}/{namespace}/{name}/failure-modes/{id}/retirement",
        "/catalog/component/default/{mode}/retirement",
        "",
        owning_viewers("303 /catalog/component/default/moded"),
    ),
    ("GET", "/incidents/{number}/edit", "/incidents/{incident}/edit", "", owning_viewers("200")),
    (
        "POST",
        "/incidents/{number}/edit",
        "/incidents/{incident}/edit",
        "title={n}&severity=3&noticed_by=alert&slo_saw=yes",
        owning_viewers("303 /incidents/{incident}"),
    ),
    (
        "POST",
        "/incidents/{number}/moves",
        "/incidents/{incident}/moves",
        "move=end",
        owning_viewers("303 /incidents/{incident}"),
    ),
    (
        "POST",
        "/incidents/{number}/notes",
        "/incidents/{incident}/notes",
        "text={n}",
        owning_viewers("303 /incidents/{incident}"),
    ),
    (
        "POST",
        "/incidents/{number}/roles",
        "/incidents/{incident}/roles",
        "role=notes&person=ann",
        owning_viewers("303 /incidents/{incident}"),
    ),
    (
        "POST",
        "/incidents/{number}/roles/{id}/end",
        "/incidents/{role}/end",
        "",
        owning_viewers("303 /incidents/1"),
    ),
    (
        "POST",
        "/incidents/{number}/review",
        "/incidents/{incident}/review",
        "happened={n}",
        owning_viewers("303 /incidents/{incident}"),
    ),
    (
        "POST",
        "/incidents/{number}/seen-before",
        "/incidents/{incident}/seen-before",
        "before=1",
        owning_viewers("303 /incidents/{incident}"),
    ),
    (
        "POST",
        "/incidents/{number}/actions",
        "/incidents/{incident}/actions",
        "title={n}&due_on=2030-01-01",
        owning_viewers("303 /incidents/{incident}"),
    ),
    (
        "POST",
        "/support/requests/{number}/messages",
        "/support/requests/{request}/messages",
        "text={n}&then=wait",
        owning_viewers("303 /support/requests/{request}"),
    ),
    (
        "POST",
        "/support/requests/{number}/assignment",
        "/support/requests/{request}/assignment",
        "person=mia",
        owning_viewers("303 /support/requests/{request}"),
    ),
    (
        "POST",
        "/support/requests/{number}/category",
        "/support/requests/{request}/category",
        "category=design",
        owning_viewers("303 /support/requests/{request}"),
    ),
    (
        "POST",
        "/support/requests/{number}/closing",
        "/support/requests/{request}/closing",
        "",
        owning_viewers("303 /support/requests/{request}"),
    ),
    (
        "POST",
        "/support/requests/{number}/reopening",
        "/support/requests/{closed}/reopening",
        "text={n}",
        owning_viewers("303 /support/requests/{closed}"),
    ),
    (
        "POST",
        "/support/teams/{slug}/levels",
        "/support/teams/harbour/levels",
        LEVELS,
        owning_viewers("303 /support/teams/harbour/levels"),
    ),
    (
        "POST",
        "/support/teams/{slug}/levels/reset",
        "/support/teams/harbour/levels/reset",
        "",
        owning_viewers("303 /support/teams/harbour/levels"),
    ),
    (
        "POST",
        "/support/teams/{slug}/notes",
        "/support/teams/harbour/notes",
        "week=2026-W01&text={n}",
        owning_viewers("303 /support/teams/harbour/notes"),
    ),
    ("GET", "/teams/{slug}/webhooks", "/teams/harbour/webhooks", "", owning_viewers("200")),
    (
        "POST",
        "/teams/{slug}/webhooks",
        "/teams/{team}/webhooks",
        "name={n}&format=slack&url=https%3A%2F%2Fchat.example.org%2F{n}",
        owning_viewers("201"),
    ),
    // who is paged for it, and what they do with a page
    (
        "POST",
        "/pages/{id}/acknowledgement",
        "/pages/{page}/acknowledgement",
        "",
        owning_viewers("303 /pages/#"),
    ),
    (
        "POST",
        "/pages/{id}/resolution",
        "/pages/{page}/resolution",
        "note={n}",
        owning_viewers("303 /pages/#"),
    ),
    (
        "POST",
        "/pages/{id}/judgement",
        "/pages/{over}/judgement",
        "judgement=duplicate",
        owning_viewers("303 /pages/#"),
    ),
    (
        "POST",
        "/pages/{id}/reassignment",
        "/pages/{page}/reassignment",
        "person=lou",
        owning_viewers("303 /pages/#"),
    ),
    (
        "POST",
        "/pages/{id}/responders",
        "/pages/{page}/responders",
        "person=lou",
        owning_viewers("303 /pages/#"),
    ),
    (
        "POST",
        "/teams/{slug}/paging/related",
        "/teams/harbour/paging/related",
        "related_team=other",
        owning_viewers("303 /teams/harbour/paging"),
    ),
    ("GET", "/teams/{slug}/policies/new", "/teams/harbour/policies/new", "", owning_viewers("200")),
    (
        "POST",
        "/teams/{slug}/policies/new",
        "/teams/harbour/policies/new",
        "slug=matrix-{n}&name=Matrix&repeats=1&kind-0=person&name-0=mia&minutes-0=5",
        owning_viewers("303 /teams/harbour/paging"),
    ),
    (
        "POST",
        "/escalation-policies/{slug}",
        "/escalation-policies/{policy}",
        "name=Matrix&repeats=1&kind-0=lead&name-0=harbour&minutes-0=5",
        owning_viewers("303 /teams/harbour/paging"),
    ),
    (
        "POST",
        "/escalation-policies/{slug}/closing",
        "/escalation-policies/{policy}/closing",
        "",
        owning_viewers("303 /teams/harbour/paging"),
    ),
    (
        "POST",
        "/teams/{slug}/integrations",
        "/teams/harbour/integrations",
        "kind=generic&name={n}",
        owning_viewers("201"),
    ),
    (
        "POST",
        "/teams/{slug}/webhooks/{id}/closing",
        "/teams/{team}/webhooks/{webhook}/closing",
        "",
        owning_viewers("303 /teams/{team}/webhooks"),
    ),
    (
        "POST",
        "/teams/{slug}/webhooks/{id}/test",
        "/teams/{team}/webhooks/{webhook}/test",
        "",
        owning_viewers("303 /teams/{team}/webhooks"),
    ),
    (
        "POST",
        "/alert-integrations/{id}",
        "/alert-integrations/{integration}",
        "name={n}&routes=app",
        owning_viewers("303 /teams/harbour/integrations"),
    ),
    (
        "POST",
        "/alert-integrations/{id}/closing",
        "/alert-integrations/{integration}/closing",
        "",
        owning_viewers("303 /teams/harbour/integrations"),
    ),
    (
        "POST",
        "/catalog/{kind}/{namespace}/{name}/paging/policy",
        "/catalog/component/default/thing-{thing}/paging/policy",
        "policy={policy}",
        owning_viewers("303 /catalog/component/default/thing-{thing}/paging"),
    ),
    (
        "POST",
        "/catalog/{kind}/{namespace}/{name}/paging/maintenance",
        "/catalog/component/default/thing-{thing}/paging/maintenance",
        "until={soon}&reason=the+matrix",
        owning_viewers("303 /catalog/component/default/thing-{thing}/paging"),
    ),
    (
        "POST",
        "/maintenance/{id}/end",
        "/maintenance/{window}/end",
        "next=%2Fmaintenance",
        owning_viewers("303 /maintenance"),
    ),
    // administration
    ("GET", "/changes/hooks", "/changes/hooks", "", admin_viewers("200")),
    ("POST", "/changes/hooks", "/changes/hooks", "kind=gitlab&name=the+matrix+{n}", admin_viewers("201")),
    (
        "POST",
        "/changes/hooks/{id}/closing",
        "/changes/hooks/{github}/closing",
        "",
        admin_viewers("303 /changes/hooks"),
    ),
    ("GET", "/people/new", "/people/new", "", admin_viewers("200")),
    (
        "POST",
        "/people/new",
        "/people/new",
        "handle=matrix-{n}&name=Matrix&email=matrix-{n}%40example.org&time_zone=UTC",
        admin_viewers("303 /people/matrix-{n}"),
    ),
    ("GET", "/people/{handle}/edit", "/people/{person}/edit", "", admin_viewers("200")),
    (
        "POST",
        "/people/{handle}/edit",
        "/people/{person}/edit",
        "name=Matrix+{n}&email={person}%40example.org&time_zone=UTC&active=yes",
        admin_viewers("303 /people/{person}"),
    ),
    ("POST", "/people/{handle}/sign-in-link", "/people/{person}/sign-in-link", "", admin_viewers("201")),
    ("GET", "/settings", "/settings", "", admin_viewers("200")),
    (
        "POST",
        "/settings",
        "/settings",
        "usage_names_days=30&confirm_asks_a_month=4&load_good_one_in=6&load_least_one_in=4&load_pages_good=2&load_pages_most=5&load_false_alarms_most=30&load_essential_warn=40&load_essential_alarm=50&cost_centre_annotation=portolan.dev%2Fcost-centre",
        admin_viewers("303 /settings"),
    ),
    ("GET", "/style", "/style", "", admin_viewers("200")),
    ("GET", "/usage", "/usage", "", admin_viewers("200")),
];

/// The rows of the API.
fn api() -> impl Iterator<Item = &'static Row<9>> {
    API.iter().chain(provisioning::API).chain(wins_api::API)
}

/// The rows of pages.
fn pages() -> impl Iterator<Item = &'static Row<6>> {
    // those of wins come first: teams that other rows make are to write something too, as soon as the worker saw them
    wins_pages::PAGES.iter().chain(wins_reading::PAGES).chain(PAGES).chain(provisioning_pages::PAGES)
}

/// A small company: Lea leads the guild above the harbour, Lou leads the harbour, Mia is in it, Otto is in another team,
/// Ada is the admin and in none.
struct Scene {
    portal: Portal,
    admin: RefCell<Client>,
    /// Ann, who is in no team and asks for help.
    asker: RefCell<Client>,
    /// Lou, once he does something for a row.
    lead: OnceCell<RefCell<Client>>,
    next: RefCell<u32>,
    /// The schedule that was made last.
    rota: RefCell<String>,
    /// The team that was made last, until something is made for it.
    team: RefCell<String>,
    /// Where alerts of the harbour come in.
    alerts: String,
}

impl Scene {
    fn new() -> Self {
        let portal = Portal::empty();
        portal.make_admin("ada");
        let admin = RefCell::new(portal.with_token("ada", "admin"));
        let asker = RefCell::new(portal.stranger());
        let mut scene = Self {
            portal,
            admin,
            asker,
            lead: OnceCell::new(),
            next: RefCell::new(0),
            rota: RefCell::default(),
            team: RefCell::default(),
            alerts: String::new(),
        };
        for handle in ["ann", "lea", "lou", "mia", "otto"] {
            scene.person(handle);
        }
        scene.asker.replace(scene.portal.with_token("ann", "write"));
        for team in [
            json!({ "slug": "guild", "name": "Guild", "lead": "lea" }),
            json!({ "slug": "harbour", "name": "Harbour", "lead": "lou", "parent": "guild" }),
            json!({ "slug": "other", "name": "Other" }),
        ] {
            scene.make("/api/v1/teams", &team);
        }
        for (team, handle) in [("harbour", "mia"), ("other", "otto")] {
            scene.make(&format!("/api/v1/teams/{team}/members"), &json!({ "person": handle }));
        }
        let plan =
            json!({ "name": "Every two weeks", "root": "guild", "anchor": "2026-01-05", "time_zone": "UTC" });
        scene.make("/api/v1/wins-plans", &plan);
        scene.portal.as_system(async |mut call| {
            portolan_domain::wins::turn(&mut call.cx()).await.expect("a cycle opens");
        });
        scene.incident(); // the first one is Ann's
        let integration = json!({ "team": "harbour", "kind": "generic", "name": "the matrix" });
        let url = text(&scene.make("/api/v1/alert-integrations", &integration)["url"]);
        url[url.find("/api/").expect("a path")..].clone_into(&mut scene.alerts);
        scene
    }

    /// Makes something as the admin.
    fn make(&self, path: &str, body: &Value) -> Value {
        let answer = self.admin.borrow_mut().json("POST", path, body);
        assert_eq!(answer.status, 201, "{path} {body}: {}", answer.body);
        serde_json::from_str(&answer.body).expect("JSON")
    }

    /// Ann sees smoke at the harbour; returns its number.
    fn incident(&self) -> i64 {
        let new = json!({ "team": "harbour", "title": "Smoke", "severity": 3, "noticed_by": "alert", "slo_saw": "yes" });
        let answer = self.asker.borrow_mut().json("POST", "/api/v1/incidents", &new);
        assert_eq!(answer.status, 201, "{}", answer.body);
        let made: Value = serde_json::from_str(&answer.body).expect("JSON");
        made["number"].as_i64().expect("a number")
    }

    fn person(&self, handle: &str) {
        let email = format!("{handle}@example.org");
        self.make("/api/v1/people", &json!({ "handle": handle, "name": handle, "email": email }));
    }

    fn schedule(&self, slug: &str, person: &str) {
        let layer = json!({ "name": "All", "hand_off": "2026-01-05T09:00", "every": 1, "unit": "weeks", "participants": [person] });
        let schedule = json!({ "team": "harbour", "slug": slug, "name": slug, "purpose": "support", "time_zone": "UTC", "layers": [layer] });
        self.make("/api/v1/schedules", &schedule);
    }

    fn number(&self) -> String {
        *self.next.borrow_mut() += 1;
        self.next.borrow().to_string()
    }

    /// Makes what a word in a request stands for. `mine` calls the API as the one who will ask.
    fn made(&self, word: &str, mine: &mut Caller) -> String {
        let n = self.number();
        match word {
            "n" => n,
            // a service of the harbour, with a contact that was set here
            "thing" => {
                let about = json!({ "type": "service", "lifecycle": "production" });
                let name = format!("thing-{n}");
                self.make(
                    "/api/v1/entities",
                    &json!({ "kind": "component", "name": name, "owner": "harbour", "about": about, "facts": { "contact": "#harbour" } }),
                );
                n
            }
            "change" => {
                let name = format!("thing-{}", self.made("thing", mine));
                let change = json!({ "entity": name, "environment": "production", "version": n });
                text(&self.make("/api/v1/changes", &change)["id"])
            }
            "person" => {
                let handle = format!("person-{n}");
                self.person(&handle);
                handle
            }
            "account" | "link" => self.made_to_sign_in(word, mine),
            "membership" => {
                let handle = self.made("person", mine);
                text(&self.make("/api/v1/teams/harbour/members", &json!({ "person": handle }))["id"])
            }
            "soon" => in_days(2),
            "later" => in_days(3),
            "rota" | "itsrota" | "rotalayer" | "rotacover" | "rotaperson" | "swap" | "takenswap"
            | "holidays" | "feed" | "ownfeed" => self.made_of_rota(word, &n, mine),
            "github" | "gitlab" => {
                text(&self.make("/api/v1/integrations", &json!({ "kind": word, "name": n }))["id"])
            }
            "request" | "closed" | "following" | "incident" | "nextincident" | "role" | "action" | "mode"
            | "frozen" => self.made_when_it_hurts(word, &n, mine),
            // one's own; whoever may have none is refused whatever it is
            "token" => {
                mine.own("POST", "/api/v1/me/tokens", &json!({ "name": n, "scope": "read" }), "/token/id")
            }
            "session" => {
                if let Some(handle) = mine.handle {
                    self.portal.signed_in(handle);
                }
                mine.own("GET", "/api/v1/me/sessions", &Value::Null, "/items/0/id")
            }
            // a team of the harbour's own: one team has few webhooks
            "team" => {
                let slug = format!("team-{n}");
                self.make(
                    "/api/v1/teams",
                    &json!({ "slug": slug, "name": slug, "parent": "harbour", "lead": "mia" }),
                );
                self.team.replace(slug.clone());
                slug
            }
            // of the team that the row named, or of another one
            "webhook" => {
                let named = self.team.take();
                let team = if named.is_empty() { self.made("team", mine) } else { named };
                let url = format!("https://hooks.example.org/{n}");
                text(&self.make("/api/v1/webhooks", &json!({ "team": team, "name": n, "url": url }))["id"])
            }
            "asset" => {
                let page = self.portal.stranger().get("/sign-in").body;
                let at = page.find("/assets/").expect("an asset");
                page[at..].split('"').next().expect("its end").to_owned()
            }
            "offer" | "waits" | "draft" | "tookback" | "had" | "waiver" | "someday" => {
                self.made_by_itself(word, &n, mine)
            }
            "isle" | "plan" | "cycle" | "ours" | "top" | "berth" | "ship" | "laden" | "handed" | "chosen"
            | "jotted" | "hard" | "closedhard" | "term" | "list" | "listed" | "winsfeed" => {
                self.made_of_cycles(word, &n, mine)
            }
            _ => self.made_of_paging(word, &n, mine),
        }
    }

    /// The same for what pages are made of.
    fn made_of_paging(&self, word: &str, n: &str, mine: &mut Caller) -> String {
        match word {
            "nothing" => uuid::Uuid::nil().to_string(),
            // an hour from now, in time as the keys of this program have it
            "soon" => {
                let now = uuid::Uuid::now_v7().get_timestamp().expect("a time").to_unix().0;
                let soon = jiff::Timestamp::from_second(i64::try_from(now).expect("seconds") + 3600);
                soon.expect("an instant").to_string()
            }
            "integration" => {
                let new = json!({ "team": "harbour", "kind": "alertmanager", "name": n });
                text(&self.make("/api/v1/alert-integrations", &new)["id"])
            }
            "policy" => {
                let steps = json!([{ "person": "mia", "minutes": 5 }]);
                let new = json!({ "team": "harbour", "slug": format!("way-{n}"), "name": n, "steps": steps });
                text(&self.make("/api/v1/escalation-policies", &new)["slug"])
            }
            "window" => {
                let (thing, until) = (self.made("thing", mine), self.made("soon", mine));
                let new = json!({ "entity": format!("thing-{thing}"), "until": until, "reason": n });
                text(&self.make("/api/v1/maintenance-windows", &new)["id"])
            }
            "page" => {
                let alert = json!({ "dedup_key": n, "status": "firing", "summary": n });
                let told = self.portal.stranger().json("POST", &self.alerts, &alert);
                assert_eq!(told.status, 200, "{}", told.body);
                let told: Value = serde_json::from_str(&told.body).expect("JSON");
                told["opened"][0].to_string()
            }
            "over" => {
                let page = self.made("page", mine);
                let path = format!("/api/v1/pages/{page}/resolution");
                let over = self.admin.borrow_mut().json("POST", &path, &json!({}));
                assert_eq!(over.status, 200, "{}", over.body);
                page
            }
            _ => panic!("{{{word}}} is not known"),
        }
    }

    /// What belongs to schedules.
    fn made_of_rota(&self, word: &str, n: &str, mine: &mut Caller) -> String {
        match word {
            // a support rota of the harbour on which mia is always
            "rota" => {
                let slug = format!("rota-{n}");
                self.schedule(&slug, "mia");
                self.rota.replace(slug.clone());
                slug
            }
            // the one that a layer, an override or a swap was made on just now
            "itsrota" => self.rota.borrow().clone(),
            "rotalayer" => {
                let slug = self.made("rota", mine);
                let layers = self.admin.borrow_mut().get(&format!("/api/v1/schedules/{slug}/layers"));
                let layers: Value = serde_json::from_str(&layers.body).expect("JSON");
                format!("{slug}/layers/{}", text(&layers["items"][0]["id"]))
            }
            "rotacover" => {
                let slug = self.made("rota", mine);
                let cover = json!({ "by": "lou", "end": in_days(2) });
                let made = self.make(&format!("/api/v1/schedules/{slug}/overrides"), &cover);
                format!("{slug}/overrides/{}", text(&made["id"]))
            }
            "rotaperson" => {
                let handle = self.made("person", mine);
                let slug = format!("rota-{n}");
                self.schedule(&slug, &handle);
                self.rota.replace(slug);
                handle
            }
            "swap" => {
                let slug = self.made("rota", mine);
                let swap = json!({ "asker": "mia", "start": in_days(2), "end": in_days(3) });
                text(&self.make(&format!("/api/v1/schedules/{slug}/swaps"), &swap)["id"])
            }
            "takenswap" => {
                let swap = self.made("swap", mine);
                let taking = json!({ "taker": "lou" });
                let taken =
                    self.admin.borrow_mut().json("PUT", &format!("/api/v1/swaps/{swap}/taking"), &taking);
                assert_eq!(taken.status, 200, "{}", taken.body);
                swap
            }
            "holidays" => {
                let calendar = json!({ "team": "harbour", "name": n, "days": [] });
                text(&self.make("/api/v1/holiday-calendars", &calendar)["id"])
            }
            "feed" => {
                let url = text(&self.make("/api/v1/calendars", &json!({}))["url"]);
                url.rsplit('/').next().expect("a secret").to_owned()
            }
            "ownfeed" => mine.own("POST", "/api/v1/calendars", &json!({}), "/id"),
            _ => panic!("{{{word}}} is not known"),
        }
    }

    /// The same for the ways in.
    fn made_to_sign_in(&self, word: &str, mine: &mut Caller) -> String {
        match word {
            // somebody with a password
            "account" => {
                let handle = self.made("person", mine);
                let mut session = self.portal.signed_in(&handle);
                let token = csrf(&mut session);
                let answer = session.send_form("/account/password", &format!("{PASSWORDS}&csrf={token}"));
                assert_eq!(answer.status, 303, "{}", answer.body);
                handle
            }
            "link" => {
                let handle = self.made("person", mine);
                self.portal.sign_in_link(&handle)
            }
            _ => panic!("{{{word}}} is not known"),
        }
    }

    /// The same for what people ask and do when something hurts.
    fn made_when_it_hurts(&self, word: &str, n: &str, mine: &mut Caller) -> String {
        match word {
            // what Ann asked of the harbour: open, closed, and the number that the next one gets
            "request" | "closed" | "following" => {
                let asked = json!({ "team": "harbour", "title": n, "impact": "question", "category": "bug" });
                let mut ann = self.asker.borrow_mut();
                let answer = ann.json("POST", "/api/v1/support-requests", &asked);
                assert_eq!(answer.status, 201, "{}", answer.body);
                let made: Value = serde_json::from_str(&answer.body).expect("JSON");
                let number = made["number"].as_i64().expect("a number");
                if word == "closed" {
                    let path = format!("/api/v1/support-requests/{number}/closing");
                    assert_eq!(ann.json("POST", &path, &json!({})).status, 200, "{path}");
                }
                if word == "following" { (number + 1).to_string() } else { number.to_string() }
            }
            // an incident of the harbour that Ann opened, and the number that the next one gets
            "incident" | "nextincident" => (self.incident() + i64::from(word == "nextincident")).to_string(),
            // somebody's role in the first incident, behind its number
            "role" => {
                let handle = self.made("person", mine);
                let given = json!({ "role": "expert", "person": handle });
                let path = "/api/v1/incidents/1";
                let answer = self.admin.borrow_mut().json("POST", &format!("{path}/roles"), &given);
                assert_eq!(answer.status, 200, "{}", answer.body);
                let told: Value =
                    serde_json::from_str(&self.admin.borrow_mut().get(path).body).expect("JSON");
                let roles = told["roles"].as_array().expect("roles");
                let role = roles.iter().find(|r| r["person"] == handle.as_str()).expect("the role");
                format!("1/roles/{}", text(&role["id"]))
            }
            "action" => {
                let new = json!({ "team": "harbour", "title": n, "due_on": "2030-01-01" });
                text(&self.make("/api/v1/actions", &new)["id"])
            }
            // the number of a frozen week of the harbour
            "frozen" => {
                let week = json!({ "team": "harbour", "week": "2026-W10" });
                self.make("/api/v1/operational-reviews", &week)["number"].to_string()
            }
            // a failure mode of a thing that is there once
            "mode" => {
                let path = "/api/v1/entities/component/default/moded";
                if self.admin.borrow_mut().get(path).status == 404 {
                    let about = json!({ "type": "service", "lifecycle": "production" });
                    let new =
                        json!({ "kind": "component", "name": "moded", "owner": "harbour", "about": about });
                    self.make("/api/v1/entities", &new);
                }
                let made = self.make(&format!("{path}/failure-modes"), &json!({ "name": n }));
                format!("moded/failure-modes/{}", text(&made["id"]))
            }
            _ => panic!("{{{word}}} is not known"),
        }
    }

    /// The texts of a row with what was made for them.
    fn filled<const N: usize>(&self, texts: [&str; N], mine: &mut Caller) -> [String; N] {
        let mut texts = texts.map(str::to_owned);
        while let Some(word) = texts.iter().find_map(|text| word_in(text)) {
            let made = self.made(&word, mine);
            for text in &mut texts {
                *text = text.replace(&format!("{{{word}}}"), &made);
            }
        }
        texts
    }
}

/// An instant to come.
fn in_days(days: i64) -> String {
    let now = portolan_domain::Clock::system().now();
    (now + jiff::SignedDuration::from_hours(24 * days)).to_string()
}

/// The first word in braces; JSON has braces too, but no letter behind them.
fn word_in(text: &str) -> Option<String> {
    text.match_indices('{').find_map(|(at, _)| {
        let (word, _) = text[at + 1..].split_once('}')?;
        (!word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase())).then(|| word.to_owned())
    })
}

/// Whoever asks a row, as the API knows them.
struct Caller {
    handle: Option<&'static str>,
    api: Client,
}

impl Caller {
    /// A key of something of one's own, or of nothing if one may not have it.
    fn own(&mut self, method: &str, path: &str, body: &Value, key: &str) -> String {
        let answer = self.api.json(method, path, body);
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        body.pointer(key).map_or_else(|| uuid::Uuid::nil().to_string(), text)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// The token that the forms of this session carry; a stranger's carry an empty one.
fn csrf(session: &mut Client) -> String {
    let page = session.get("/account/tokens/new");
    let field = page.body.split("<input").find(|tag| tag.contains("name=\"csrf\"")).unwrap_or_default();
    attribute(field, "value").unwrap_or_default()
}

/// The status, and where it leads.
fn outcome(answer: &Answer) -> String {
    match answer.status {
        300..400 => {
            let path = answer.location().split(['?', '#']).next().unwrap_or_default();
            // pages and frozen reviews are numbered as they come
            match ["/pages/", "/teams/harbour/reviews/", "/provision/requests/", "/wins/entries/"]
                .into_iter()
                .find(|begin| path.starts_with(begin))
            {
                Some(begin) => format!("{} {begin}#", answer.status),
                None => format!("{} {path}", answer.status),
            }
        }
        status => status.to_string(),
    }
}

/// What differs from the row's cell, for people.
fn differs(row: (&str, &str), who: &str, expected: &str, answer: &Answer) -> Option<String> {
    let got = outcome(answer);
    let said: String = answer.body.chars().take(200).collect();
    (got != expected).then(|| format!("{} {}: {who} gets {got} and not {expected}: {said}", row.0, row.1))
}

#[test]
fn every_route_of_the_api_answers_each_caller_as_the_table_says() {
    let scene = Scene::new();
    let token = |handle: &'static str, scope: &str| Caller {
        handle: Some(handle),
        api: scene.portal.with_token(handle, scope),
    };
    let mut callers = [
        Caller { handle: None, api: scene.portal.stranger() },
        token("mia", "read"),
        token("ada", "read"),
        token("otto", "write"),
        token("mia", "write"),
        token("lou", "write"),
        token("lea", "write"),
        token("ada", "write"),
        token("ada", "admin"),
    ];
    let mut wrong = Vec::new();
    for (method, route, path, body, cells) in api() {
        for ((caller, who), cell) in callers.iter_mut().zip(CALLERS).zip(cells) {
            let [path, body, expected] = scene.filled([path, body, cell], caller);
            let headers: &[_] = if body.is_empty() { &[] } else { &[("Content-Type", "application/json")] };
            let answer = caller.api.send(method, &path, headers, body.as_bytes());
            wrong.extend(differs((method, route), who, &expected, &answer));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_and_form_answers_each_viewer_as_the_table_says() {
    let scene = Scene::new();
    let handles = [None, Some("otto"), Some("mia"), Some("lou"), Some("lea"), Some("ada")];
    let mut callers = handles.map(|handle| Caller {
        handle,
        api: handle.map_or_else(|| scene.portal.stranger(), |h| scene.portal.with_token(h, "write")),
    });
    let mut wrong = Vec::new();
    for (method, route, path, body, cells) in pages() {
        for ((caller, who), cell) in callers.iter_mut().zip(VIEWERS).zip(cells) {
            let [path, body, expected] = scene.filled([path, body, cell], caller);
            // a session of its own: some of these end it
            let mut session = match caller.handle {
                Some(handle) => scene.portal.signed_in(handle),
                None => scene.portal.stranger(),
            };
            let answer = if *method == "GET" {
                session.get(&path)
            } else {
                let token = csrf(&mut session);
                session.send_form(&path, &format!("{body}&csrf={token}"))
            };
            wrong.extend(differs((method, route), who, &expected, &answer));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_form_is_taken_without_the_token_of_its_session_nor_from_another_site() {
    let scene = Scene::new();
    let mut admin = Caller { handle: Some("ada"), api: scene.portal.with_token("ada", "write") };
    let mut session = scene.portal.signed_in("ada");
    let theirs = csrf(&mut scene.portal.signed_in("mia"));
    let ours = csrf(&mut session);
    let mut wrong = Vec::new();
    for (method, route, path, body, _) in pages().filter(|row| row.0 == "POST") {
        let [path, body] = scene.filled([path, body], &mut admin);
        let bare = session.send_form(&path, &body);
        wrong.extend(differs((method, route), "a form without a token", "403", &bare));
        let foreign = session.send_form(&path, &format!("{body}&csrf={theirs}"));
        wrong.extend(differs((method, route), "a form with somebody else's token", "403", &foreign));
        let form = ("Content-Type", "application/x-www-form-urlencoded");
        let headers = [form, ("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")];
        let sent = format!("{body}&csrf={ours}");
        let abroad = session.send("POST", &path, &headers, sent.as_bytes());
        wrong.extend(differs((method, route), "a form of another site", "403", &abroad));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_tables_have_every_route_and_no_other() {
    let scene = Scene::new();
    let mut admin = scene.portal.signed_in("ada");
    let mut there = routes::of_api();
    for route in routes::of_pages() {
        let methods = routes::methods(&mut admin, &route);
        there.extend(methods.into_iter().map(|method| (method, route.clone())));
    }
    let named = api().map(|row| (row.0, row.1)).chain(pages().map(|row| (row.0, row.1)));
    let declared: BTreeSet<(String, String)> =
        named.map(|(method, route)| (method.to_owned(), route.to_owned())).collect();
    assert_eq!(declared.len(), api().count() + pages().count(), "a route stands in two rows");
    let missing: Vec<_> = there.difference(&declared).collect();
    assert!(missing.is_empty(), "say who may do {missing:#?}");
    let gone: Vec<_> = declared.difference(&there).collect();
    assert!(gone.is_empty(), "the tables name what is gone: {gone:#?}");
}

#[test]
fn strangers_get_no_further_than_the_ways_in() {
    let beyond = pages().filter(|row| !row.4[0].starts_with(SIGN_IN)).map(|row| row.1);
    let open: BTreeSet<_> = beyond.collect();
    let few = [
        "/api/docs/{*rest}",
        "/api/v1/openapi.json",
        "/assets/{name}",
        "/favicon.ico",
        "/feeds/wins/{secret}",
        "/healthz",
        "/metrics",
        "/readyz",
        "/set-up/{secret}",
        "/sign-in",
        "/sign-in/persona",
        "/sign-in/{secret}",
        "/wins/stop/{secret}",
    ];
    assert_eq!(open.into_iter().collect::<Vec<_>>(), few, "this list may only shrink");
    let secret = [
        ("GET", "/api/v1/calendars/{calendar}"),
        ("POST", "/api/v1/integrations/{key}/alertmanager"),
        ("POST", "/api/v1/integrations/{key}/alerts"),
        ("POST", "/api/v1/integrations/{key}/pagerduty"),
        ("POST", "/api/v1/provisioning-callbacks/{step}/{secret}"),
    ];
    let open = api().filter(|row| row.4[0] != "401").map(|row| (row.0, row.1));
    assert_eq!(
        open.collect::<Vec<_>>(),
        secret,
        "without a token the API says nothing, but to whoever knows a secret in the address"
    );
}
