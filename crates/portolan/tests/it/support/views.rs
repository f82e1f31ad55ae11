//! Every view that an address leads to, and who looks at it: what the browser tests walk and `make screenshots` shows.

/// Name of a view, handle of who looks (none: a stranger), address.
pub(crate) type View = (&'static str, &'static str, &'static str);

const ENGINEER: &str = "imke.sorensen";
const MANAGER: &str = "rani.verma";
const VP: &str = "sanne.hoekstra";
const ADMIN: &str = "noor.vandenberg";

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
    ("people", ENGINEER, "/people"),
    ("person", ENGINEER, "/people/maya.chen"),
    ("person-new", ADMIN, "/people/new"),
    ("person-edit", ADMIN, "/people/maya.chen/edit"),
    ("findings", MANAGER, "/findings"),
    ("findings-kind", VP, "/findings?kind=team-empty"),
    ("changes", ENGINEER, "/changes"),
    ("changes-running", ENGINEER, "/changes/running"),
    ("changes-record", ENGINEER, "/changes/record"),
    ("hooks", ADMIN, "/changes/hooks"),
    ("activity", ADMIN, "/activity"),
    ("usage", ADMIN, "/usage"),
    ("settings", ADMIN, "/settings"),
    ("account", ENGINEER, "/account"),
    ("token-new", ENGINEER, "/account/tokens/new"),
    ("style", ADMIN, "/style"),
    ("keyboard", ENGINEER, "/help/keyboard"),
    ("not-found", ENGINEER, "/catalog/component/default/chekout-api"),
    ("forbidden", ENGINEER, "/usage"),
];
