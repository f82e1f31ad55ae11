//! Help that is read in the portal. The smallest example of a page: a struct, a template, a handler.

use askama::Template;
use axum::{Router, response::Response, routing::get};
use portolan_domain::{
    levels::{Level, TIERS},
    settings::{self, Settings},
};

use crate::{
    Shared,
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/help/keyboard", get(keyboard))
        .route("/help/on-call", get(on_call))
        .route("/help/reviews", get(reviews))
        .route("/help/self-service", get(self_service))
        .route("/help/support", get(support))
}

/// Short ways: where they work, and which key does what.
const KEYS: [(&str, &[(&str, &str)]); 4] = [
    (
        "Anywhere",
        &[
            ("/", "Search and go"),
            ("Ctrl K or ⌘ K", "Search and go, also while typing"),
            ("?", "This page"),
            ("Esc", "Close what is open"),
        ],
    ),
    (
        "Go to, one key after the other",
        &[
            ("g h", "Home"),
            ("g c", "Catalog"),
            ("g o", "On-call: who it is now"),
            ("g t", "Teams"),
            ("g f", "Findings"),
            ("g d", "Changes: what was deployed"),
            ("g s", "Support"),
            ("g p", "Get something"),
        ],
    ),
    ("In the search", &[("↑ ↓", "Choose"), ("Enter", "Open the chosen one")]),
    (
        "Wins and challenges",
        &[
            ("Alt ↑ or Alt ↓", "Move the entry that you write up or down"),
            ("j or k", "Choosing: the next entry from below, the one before"),
            ("x", "Choosing: tick it"),
            ("1 to 9", "Choosing: tick by number"),
            ("Enter", "Choosing: lift the ticked"),
            ("e", "Choosing: rewrite the first line"),
        ],
    ),
];

#[derive(Template)]
#[template(path = "help/keyboard.html")]
struct KeyboardPage {
    shell: Shell,
}

async fn keyboard(viewer: Viewer) -> Result<Response, PageError> {
    page::html(&KeyboardPage { shell: viewer.shell(Nav::Nowhere) })
}

#[derive(Template)]
#[template(path = "help/support.html")]
struct SupportPage {
    shell: Shell,
    /// Where the lines of load are.
    settings: Settings,
}

impl SupportPage {
    fn usual(&self) -> [Level; 5] {
        TIERS.map(Level::usual)
    }
}

async fn support(mut viewer: Viewer) -> Result<Response, PageError> {
    let settings = settings::lines(&mut viewer.cx()).await?;
    page::html(&SupportPage { shell: viewer.shell(Nav::Support), settings })
}

#[derive(Template)]
#[template(path = "help/self_service.html")]
struct SelfServicePage {
    shell: Shell,
}

async fn self_service(viewer: Viewer) -> Result<Response, PageError> {
    page::html(&SelfServicePage { shell: viewer.shell(Nav::Provision) })
}

#[derive(Template)]
#[template(path = "help/reviews.html")]
struct ReviewsPage {
    shell: Shell,
    /// The limits in force.
    settings: Settings,
}

async fn reviews(mut viewer: Viewer) -> Result<Response, PageError> {
    let settings = settings::lines(&mut viewer.cx()).await?;
    page::html(&ReviewsPage { shell: viewer.shell(Nav::Teams), settings })
}

#[derive(Template)]
#[template(path = "help/on_call.html")]
struct OnCallPage {
    shell: Shell,
    /// Where the lines of load are.
    load: Settings,
}

async fn on_call(mut viewer: Viewer) -> Result<Response, PageError> {
    let load = settings::lines(&mut viewer.cx()).await?;
    page::html(&OnCallPage { shell: viewer.shell(Nav::OnCall), load })
}
