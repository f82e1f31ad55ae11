//! Every part of the look in every state, for whoever builds pages and for pictures of them. For admins.

use askama::Template;
use axum::{Router, response::Response, routing::get};
use jiff::{
    SignedDuration,
    civil::{Date, date},
    tz::TimeZone,
};
use portolan_domain::Error;

use crate::{
    Shared,
    address::Steps,
    caller::Viewer,
    error::PageError,
    form::Form,
    graph::{Graph, Node, Shape},
    page::{self, Nav, Shell},
    timeline::{Kind, Row, Segment, Timeline},
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
    week: String,
    month: String,
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
        week: example_of_days(7)?.svg(),
        month: example_of_days(30)?.svg(),
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

/// A schedule with a turn of every kind, seen on a Thursday at night.
fn example_of_days(days: u8) -> Result<Timeline, Error> {
    let unknown = |_| Error::Unavailable("the example of a schedule has no such time".into());
    let zone = |name| TimeZone::get(name).map_err(unknown);
    let from: Date = if days > 10 { date(2026, 11, 1) } else { date(2026, 11, 16) };
    let amsterdam = zone("Europe/Amsterdam")?;
    let start = amsterdam.to_timestamp(date(2026, 11, 2).at(8, 0, 0, 0)).map_err(unknown)?;
    let turn = |half_day: i64, name: &str, kind| Segment {
        start: start + SignedDuration::from_hours(12 * half_day),
        end: start + SignedDuration::from_hours(12 * (half_day + 1)),
        name: name.into(),
        kind,
    };
    let of_two = |first: i64, names: [&str; 2]| -> Vec<Segment> {
        (0..21).map(|n| turn(2 * n + first, names[usize::from(n % 7 > 3)], Kind::Turn)).collect()
    };
    let (days_row, evenings) =
        (of_two(0, ["Imke Sørensen", "Tomás Reyes"]), of_two(1, ["Maya Chen", "Luc Tremblay"]));
    let over = turn(37, "Priya Nair", Kind::Override);
    let counts = days_row.iter().chain(&evenings).cloned().map(|segment| match segment.start {
        at if at == over.start => over.clone(),
        at if at == start + SignedDuration::from_hours(12 * 39) => Segment { kind: Kind::Gap, ..segment },
        at if at == start + SignedDuration::from_hours(12 * 40) => Segment { kind: Kind::Nobody, ..segment },
        _ => segment,
    });
    let mut counts: Vec<_> = counts.collect();
    counts.sort_by_key(|segment| segment.start);
    let row = |name: &str, note: &str, segments| Row { name: name.into(), note: note.into(), segments };
    Ok(Timeline {
        label: "An example: a gap on Saturday evening, nobody on purpose on Sunday.".into(),
        from,
        days,
        zone: amsterdam,
        viewer: zone("America/Toronto")?,
        now: start + SignedDuration::from_mins(16 * 24 * 60 + 19 * 60 + 10),
        people: ["Imke Sørensen", "Tomás Reyes", "Maya Chen", "Luc Tremblay", "Priya Nair"]
            .map(str::to_owned)
            .into(),
        rows: vec![
            row("Amsterdam", "layer 1, days", days_row),
            row("Toronto", "layer 2, evenings", evenings),
            row("Overrides", "on top", vec![over]),
            row("On call", "what counts", counts),
        ],
    })
}
