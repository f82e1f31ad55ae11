//! Every part of the look in every state, for whoever builds pages and for pictures of them. For admins.

use askama::Template;
use axum::{Router, response::Response, routing::get};
use portolan_domain::Error;

use crate::{
    Shared,
    address::Steps,
    caller::Viewer,
    error::PageError,
    form::Form,
    graph::{Graph, Node, Shape},
    page::{self, Nav, Shell},
};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/style", get(show))
}

#[derive(Template)]
#[template(path = "style/parts.html")]
struct StylePage {
    shell: Shell,
    good: Form,
    refused: Form,
    options: Vec<(&'static str, &'static str)>,
    graph: String,
    steps: Steps,
}

async fn show(mut viewer: Viewer) -> Result<Response, PageError> {
    viewer.cx().admin()?;
    let mut refused = Form::blank().with("name", "Slot Planner").with("team", "basket");
    refused.refuse(Error::invalid(
        "name",
        "may have small letters, digits and hyphens; slot-planner would do",
    ))?;
    page::html(&StylePage {
        shell: viewer.shell(Nav::Nowhere),
        good: Form::blank().with("name", "slot-planner").with("team", "basket").with("told", "yes"),
        refused,
        options: vec![("basket", "Basket"), ("ledger", "Ledger")],
        graph: example().svg(),
        steps: Steps { first: "/style".into(), previous: "/style".into(), next: "/style".into() },
    })
}

/// A picture with every shape and both reaches.
fn example() -> Graph {
    let node = |level, name: &str, tier, shape, nearer| {
        let href = (shape != Shape::Missing).then(|| "/style".to_owned());
        Node { level, name: name.into(), href, tier, shape, nearer }
    };
    Graph {
        name: "checkout-api".into(),
        tier: Some(0),
        nodes: vec![
            node(-1, "checkout-web", Some(1), Shape::Component, vec![]),
            node(-1, "partner-orders-with-a-very-long-name", Some(2), Shape::Component, vec![]),
            node(1, "payment-gateway", Some(0), Shape::Component, vec![]),
            node(1, "orders-db", Some(0), Shape::Resource, vec![]),
            node(1, "price-oracle", None, Shape::Missing, vec![]),
            node(-2, "storefront-web", Some(1), Shape::Component, vec![0]),
            node(2, "ledger", Some(0), Shape::Component, vec![2]),
        ],
    }
}
