//! Every view that an address leads to, and who looks at it: what the browser tests walk and `make screenshots` shows.
//!
//! Of wins and challenges `{last-cycle}` stands for the cycle that was published last, `{this-cycle}` for the key of the one that is
//! being written up, `{plan}` for the plan's, `{update of TEAM}` and `{entry of TEAM}` for those of a team that it
//! writes now, `{former update of TEAM}` for that of the cycle before the newest.

use super::portal::Portal;

/// Name of a view, handle of who looks (none: a stranger), address. A name in braces stands for the key of what was made by
/// self-service under that name.
pub(crate) type View = (&'static str, &'static str, &'static str);

const ENGINEER: &str = "imke.sorensen";
const MANAGER: &str = "rani.verma";
const VP: &str = "sanne.hoekstra";
const PLATFORM: &str = "ingrid.solheim";
const ADMIN: &str = "noor.vandenberg";
/// Who sees all that was handed up.
const TOP: &str = "margriet.blom";

/// All of them, in the demo company. A page that no view leads to fails the browser tests.
pub(crate) const VIEWS: &[View] = &[
    ("sign-in", "", "/sign-in"),
    ("sign-in-spent", "", "/sign-in/spent"),
    ("set-up-spent", "", "/set-up/spent"),
    ("home-manager", MANAGER, "/"),
    ("home-engineer", ENGINEER, "/"),
    ("home-vp", VP, "/"),
    ("catalog", ENGINEER, "/catalog"),
    ("catalog-filtered", ENGINEER, "/catalog?kind=component&tier=0&tier=1"),
    ("catalog-nothing", ENGINEER, "/catalog?q=zzzzzz"),
    ("catalog-mistyped", ENGINEER, "/catalog?q=chekout"),
    ("catalog-apis", ENGINEER, "/catalog?kind=api"),
    ("catalog-systems", ENGINEER, "/catalog?kind=system"),
    ("catalog-many-filters", ENGINEER, "/catalog?tier=0&tier=1&type=service&tag=go&tag=kotlin"),
    ("search", ENGINEER, "/search?q=paymnt"),
    ("service", ENGINEER, "/catalog/component/default/checkout-api"),
    ("service-bff", ENGINEER, "/catalog/component/default/mobile-bff"),
    ("service-partner", ENGINEER, "/catalog/component/default/partner-orders"),
    ("service-orphan", ENGINEER, "/catalog/component/default/voucher-printer"),
    ("service-unknown", ENGINEER, "/catalog/component/default/meal-planner"),
    ("api-openapi", ENGINEER, "/catalog/api/default/checkout-v3"),
    ("api-graphql", ENGINEER, "/catalog/api/default/shop-graph"),
    ("resource", ENGINEER, "/catalog/resource/default/orders-db"),
    ("system", ENGINEER, "/catalog/system/default/basket-and-checkout"),
    ("domain", ENGINEER, "/catalog/domain/default/commerce"),
    ("register", ENGINEER, "/catalog/register"),
    ("edit", ENGINEER, "/catalog/component/default/checkout-api/edit"),
    ("edit-open", ENGINEER, "/catalog/component/default/fraud-check/edit"),
    ("hand-over", ENGINEER, "/catalog/component/default/checkout-api/hand-over"),
    ("hand-over-nobody", ADMIN, "/catalog/component/default/parcel-printer/hand-over"),
    ("hand-over-bulk", MANAGER, "/teams/basket/hand-over"),
    ("teams", ENGINEER, "/teams"),
    ("team", ENGINEER, "/teams/basket"),
    ("team-new", ADMIN, "/teams/new"),
    ("team-edit", ADMIN, "/teams/basket/edit"),
    ("webhooks", ENGINEER, "/teams/basket/webhooks"),
    ("team-paging", ENGINEER, "/teams/basket/paging"),
    ("team-integrations", ENGINEER, "/teams/basket/integrations"),
    ("team-load", ENGINEER, "/teams/basket/load"),
    ("team-load-rule", ENGINEER, "/teams/basket/load?rule=CheckoutsFail"),
    ("team-load-platform", PLATFORM, "/teams/runtime/load"),
    ("policy-new", ENGINEER, "/teams/basket/policies/new"),
    ("pages", ENGINEER, "/pages"),
    ("pages-all", ENGINEER, "/pages?show=all"),
    ("pages-unjudged", ENGINEER, "/pages?show=unjudged"),
    ("page-new", ENGINEER, "/pages/new?entity=component:default/checkout-api"),
    ("service-paging", ENGINEER, "/catalog/component/default/checkout-api/paging"),
    ("maintenance", ENGINEER, "/maintenance"),
    ("hand-overs", ENGINEER, "/hand-overs"),
    ("people", ENGINEER, "/people"),
    ("person", ENGINEER, "/people/maya.chen"),
    ("person-new", ADMIN, "/people/new"),
    ("person-edit", ADMIN, "/people/maya.chen/edit"),
    ("oncall", ENGINEER, "/oncall"),
    ("oncall-nothing", ENGINEER, "/oncall?q=zzzzzz"),
    ("oncall-mine", ENGINEER, "/oncall/mine"),
    ("calendars", ENGINEER, "/oncall/calendars?of=basket-primary"),
    ("holidays", ENGINEER, "/holiday-calendars"),
    ("holidays-new", ENGINEER, "/holiday-calendars/new"),
    ("leaver", ADMIN, "/people/nils.dekker/rota"),
    ("schedule", ENGINEER, "/schedules/basket-primary"),
    ("schedule-month", ENGINEER, "/schedules/basket-primary?view=month"),
    ("schedule-others", ENGINEER, "/schedules/ledger-primary"),
    ("schedule-vacant", ADMIN, "/schedules/recipes-primary"),
    ("schedule-support", ADMIN, "/schedules/runtime-support"),
    ("schedule-new", ADMIN, "/schedules/new"),
    ("schedule-edit", ADMIN, "/schedules/runtime-support/edit"),
    ("layer-new", ENGINEER, "/schedules/basket-primary/layers/new"),
    ("take", ENGINEER, "/schedules/basket-primary/override"),
    ("swap", ENGINEER, "/schedules/basket-primary/swap"),
    ("help-on-call", ENGINEER, "/help/on-call"),
    ("findings", MANAGER, "/findings"),
    ("findings-kind", VP, "/findings?kind=team-empty"),
    ("changes", ENGINEER, "/changes"),
    ("changes-running", ENGINEER, "/changes/running"),
    ("changes-record", ENGINEER, "/changes/record"),
    ("hooks", ADMIN, "/changes/hooks"),
    ("support", PLATFORM, "/support"),
    ("support-engineer", ENGINEER, "/support"),
    ("support-queue", PLATFORM, "/support/teams/runtime"),
    ("support-queue-with", PLATFORM, "/support/teams/runtime?tab=with-someone"),
    ("support-queue-answered", ENGINEER, "/support/teams/basket?tab=answered"),
    ("support-queue-empty", ENGINEER, "/support/teams/basket"),
    ("support-new", ENGINEER, "/support/new?entity=component:default/edge-gateway"),
    ("support-new-open", ENGINEER, "/support/new"),
    ("support-request", ENGINEER, "/support/requests/22"),
    ("support-request-closed", ENGINEER, "/support/requests/7"),
    ("support-levels", ENGINEER, "/support/teams/basket/levels"),
    ("support-levels-others", ENGINEER, "/support/teams/runtime/levels"),
    ("support-notes", PLATFORM, "/support/teams/runtime/notes"),
    ("support-weeks", PLATFORM, "/support/teams/runtime/weeks"),
    ("incidents", ENGINEER, "/incidents"),
    ("incident", ENGINEER, "/incidents/3"),
    ("incident-over", VP, "/incidents/1"),
    ("incident-new", ENGINEER, "/incidents/new?entity=component:default/checkout-api"),
    ("incident-edit", ENGINEER, "/incidents/3/edit"),
    ("actions", ENGINEER, "/actions"),
    ("page", ENGINEER, "/pages/6"),
    ("page-unjudged", ENGINEER, "/pages?show=unjudged&team=basket"),
    ("review", ENGINEER, "/teams/basket/review"),
    ("review-loud", "wouter.smit", "/teams/ledger/review"),
    ("review-quiet", ENGINEER, "/teams/basket/review?week=2026-W02"),
    ("review-frozen", ENGINEER, "/teams/basket/reviews/1"),
    ("reviews", ENGINEER, "/teams/basket/reviews"),
    ("reviews-none", ADMIN, "/teams/runtime/reviews"),
    ("month", VP, "/reviews"),
    ("month-admin", ADMIN, "/reviews"),
    ("help-reviews", ENGINEER, "/help/reviews"),
    ("help-support", ENGINEER, "/help/support"),
    ("provision", ENGINEER, "/provision"),
    ("provision-form", ENGINEER, "/provision/new-service"),
    ("provision-about", ENGINEER, "/provision/new-service/about"),
    ("provision-new", PLATFORM, "/provision/new"),
    ("provision-edit", PLATFORM, "/provision/new-service/edit"),
    ("provision-requests", ENGINEER, "/provision/requests"),
    ("provision-requests-waiting", PLATFORM, "/provision/requests?tab=waiting"),
    ("provision-requests-all", ENGINEER, "/provision/requests?tab=all"),
    ("provision-request", ENGINEER, "/provision/requests/1"),
    ("provision-form-postgres", ENGINEER, "/provision/postgres-database"),
    ("provision-about-postgres", ENGINEER, "/provision/postgres-database/about"),
    ("provision-gone", ENGINEER, "/provision/shared-schema"),
    ("provision-decide", "nora.lindgren", "/provision/requests/13"),
    ("provision-resources", ENGINEER, "/provision/resources"),
    ("provision-resource", ENGINEER, "/provision/resources/{basket-namespace}"),
    ("provision-remove", ENGINEER, "/provision/resources/{basket-namespace}/actions/remove"),
    ("provision-waivers", ENGINEER, "/provision/waivers"),
    ("help-self-service", ENGINEER, "/help/self-service"),
    ("wins", ENGINEER, "/wins"),
    ("wins-manager", MANAGER, "/wins"),
    ("wins-company", VP, "/wins/fairhaven/{last-cycle}"),
    ("wins-department", MANAGER, "/wins/commerce/{last-cycle}"),
    ("wins-team", ENGINEER, "/wins/basket/{last-cycle}"),
    ("wins-to-write", ENGINEER, "/wins/write"),
    ("wins-write", ENGINEER, "/wins/updates/{update of basket}"),
    ("wins-handed-up", "luc.tremblay", "/wins/updates/{former update of storefront}"),
    ("wins-chosen", "luc.tremblay", "/wins/updates/{former update of storefront}/choose"),
    ("wins-publishing", TOP, "/wins/updates/{former update of fairhaven}/publishing"),
    ("wins-choose-top", TOP, "/wins/updates/{former update of fairhaven}/choose"),
    ("wins-write-above", MANAGER, "/wins/updates/{update of commerce}"),
    ("wins-choose", MANAGER, "/wins/updates/{update of commerce}/choose"),
    ("wins-preview", MANAGER, "/wins/updates/{update of commerce}/preview"),
    ("wins-entry", ENGINEER, "/wins/entries/{entry of basket}"),
    ("wins-entry-edit", ENGINEER, "/wins/entries/{entry of basket}/edit"),
    ("wins-jot", "maya.chen", "/wins/jot"),
    ("wins-mine", ENGINEER, "/wins/mine"),
    ("wins-archive", MANAGER, "/wins/archive"),
    ("wins-archive-found", MANAGER, "/wins/archive?q=bank&kind=win"),
    ("wins-archive-nothing", MANAGER, "/wins/archive?q=zzzzzz"),
    ("wins-challenges", MANAGER, "/wins/challenges"),
    ("wins-participation", MANAGER, "/wins/participation"),
    ("wins-cycle", MANAGER, "/wins/cycles/{this-cycle}"),
    ("wins-year", ENGINEER, "/wins/year"),
    ("wins-feeds", ENGINEER, "/wins/feeds"),
    ("wins-stop-spent", "", "/wins/stop/spent"),
    ("wins-timeline", ENGINEER, "/teams/basket/wins"),
    ("wins-settings", MANAGER, "/teams/commerce/wins/settings"),
    ("wins-plans", ADMIN, "/admin/wins"),
    ("wins-plan-new", ADMIN, "/admin/wins/new"),
    ("wins-plan", ADMIN, "/admin/wins/{plan}"),
    ("activity", ADMIN, "/activity"),
    ("usage", ADMIN, "/usage"),
    ("settings", ADMIN, "/settings"),
    ("wins-challenges-closed", MANAGER, "/wins/challenges?state=closed"),
    ("wins-participation-nobody", ADMIN, "/wins/participation"),
    ("wins-year-refused", ENGINEER, "/wins/year?from=soon"),
    ("wins-year-team", MANAGER, "/wins/year?team=commerce"),
    ("wins-settings-others", ENGINEER, "/teams/ledger/wins/settings"),
    ("account", ENGINEER, "/account"),
    ("token-new", ENGINEER, "/account/tokens/new"),
    ("style", ADMIN, "/style"),
    ("keyboard", ENGINEER, "/help/keyboard"),
    ("not-found", ENGINEER, "/catalog/component/default/chekout-api"),
    ("forbidden", ENGINEER, "/usage"),
];

/// The address of a view in this portal.
pub(crate) fn address(portal: &Portal, path: &str) -> String {
    let Some((begin, (name, end))) =
        path.split_once('{').and_then(|(begin, rest)| Some((begin, rest.split_once('}')?)))
    else {
        return path.to_owned();
    };
    let id = of_wins(portal, name).unwrap_or_else(|| {
        let all = asked(portal, ADMIN, "/api/v1/resources?limit=200");
        let made = all["items"].as_array().and_then(|all| all.iter().find(|one| one["name"] == name));
        let id =
            made.and_then(|one| one["id"].as_str()).unwrap_or_else(|| panic!("there is no {name}: {all}"));
        id.to_owned()
    });
    format!("{begin}{id}{end}")
}

/// What stands for a key of wins and challenges.
fn of_wins(portal: &Portal, name: &str) -> Option<String> {
    let of = |path: &str, pointer: &str| {
        let all = asked(portal, TOP, path);
        let found = all.pointer(pointer).and_then(serde_json::Value::as_str);
        Some(found.unwrap_or_else(|| panic!("{path} has no {pointer}: {all}")).to_owned())
    };
    match name.split_once(" of ") {
        Some(("former update", team)) => {
            let cycle = of("/api/v1/cycles?limit=2", "/items/1/slug")?;
            of(&format!("/api/v1/teams/{team}/update?cycle={cycle}"), "/id")
        }
        Some(("update", team)) => of(&format!("/api/v1/teams/{team}/update"), "/id"),
        Some(("entry", team)) => {
            let id = of(&format!("/api/v1/teams/{team}/update"), "/id")?;
            // whoever writes it sees what was not handed up
            let sheet = asked(portal, ENGINEER, &format!("/api/v1/updates/{id}/entries"));
            let entry = sheet.pointer("/wins/0/id");
            Some(entry.and_then(|id| id.as_str()).unwrap_or_else(|| panic!("no win: {sheet}")).to_owned())
        }
        None if name == "last-cycle" => {
            of("/api/v1/publications?team=fairhaven&limit=1", "/items/0/cycle/slug")
        }
        None if name == "this-cycle" => of("/api/v1/teams/commerce/update", "/cycle/id"),
        None if name == "plan" => of("/api/v1/wins-plans", "/items/0/id"),
        _ => None,
    }
}

fn asked(portal: &Portal, who: &str, path: &str) -> serde_json::Value {
    let answer = portal.with_token(who, "read").get(path);
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{path}: {}", answer.body))
}
