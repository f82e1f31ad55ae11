//! Who may do what on the pages of self-service. Ada, the admin, asks for everything here, for the harbour; the harbour's
//! own offering is decided by its members, which is Mia.

use super::{Cells, Row, SIGN_IN, owning_viewers, viewers};

/// A document of the harbour, as a form sends it: its name stands behind `name%3A+`.
macro_rules! document {
    ($name:literal) => {
        concat!(
            "document=apiVersion%3A+portolan.dev%2Fv1%0Akind%3A+Offering%0Ametadata%3A%0A++name%3A+",
            $name,
            "%0Aspec%3A%0A++owner%3A+harbour%0A++stage%3A+general%0A++experience%3A+call-an-api%0A++sharing%3A+shared-code",
            "%0A++steps%3A%0A++-+id%3A+wait%0A++++uses%3A+wait%0A++++with%3A%0A++++++seconds%3A+0"
        )
    };
}

/// Members of the offering's team alone, and of them nobody who asked.
const fn deciders(answer: &'static str) -> Cells<6> {
    [SIGN_IN, "403", answer, "403", "403", "403"]
}

pub(super) const PAGES: &[Row<6>] = &[
    ("GET", "/provision", "/provision", "", viewers("200")),
    ("GET", "/provision/new", "/provision/new", "", viewers("200")),
    (
        "POST",
        "/provision/new",
        "/provision/new",
        document!("matrix-{n}"),
        owning_viewers("303 /provision/matrix-{n}/about"),
    ),
    ("POST", "/provision/preview", "/provision/preview", document!("matrix-{n}"), viewers("200")),
    ("GET", "/provision/{name}", "/provision/{offer}", "", viewers("200")),
    (
        "POST",
        "/provision/{name}",
        "/provision/{offer}",
        "team=harbour",
        // who is not of the team is told so at the field
        [
            SIGN_IN,
            "422",
            "303 /provision/requests/#",
            "303 /provision/requests/#",
            "303 /provision/requests/#",
            "303 /provision/requests/#",
        ],
    ),
    ("POST", "/provision/{name}/check", "/provision/{offer}/check", "team=harbour", viewers("200")),
    ("GET", "/provision/{name}/about", "/provision/{offer}/about", "", viewers("200")),
    ("GET", "/provision/{name}/edit", "/provision/{offer}/edit", "", owning_viewers("200")),
    (
        "POST",
        "/provision/{name}/edit",
        "/provision/{offer}/edit",
        document!("{offer}"),
        owning_viewers("303 /provision/{offer}/about"),
    ),
    ("GET", "/provision/requests", "/provision/requests?tab=all", "", viewers("200")),
    ("GET", "/provision/requests/{number}", "/provision/requests/{waits}", "", viewers("200")),
    ("GET", "/provision/requests/{number}/parts", "/provision/requests/{waits}/parts", "", viewers("200")),
    ("GET", "/provision/requests/{number}/log", "/provision/requests/{waits}/log", "", viewers("200")),
    (
        "POST",
        "/provision/requests/{number}/decision",
        "/provision/requests/{waits}/decision",
        "agreed=no&note=no",
        deciders("303 /provision/requests/#"),
    ),
    (
        "POST",
        "/provision/requests/{number}/delegation",
        "/provision/requests/{waits}/delegation",
        "to=lou",
        deciders("303 /provision/requests/#"),
    ),
    (
        "POST",
        "/provision/requests/{number}/cancellation",
        "/provision/requests/{waits}/cancellation",
        "",
        owning_viewers("303 /provision/requests/#"),
    ),
    // they may, and there is nothing to try again, to undo or to judge
    (
        "POST",
        "/provision/requests/{number}/retry",
        "/provision/requests/{waits}/retry",
        "",
        owning_viewers("409"),
    ),
    (
        "POST",
        "/provision/requests/{number}/undoing",
        "/provision/requests/{waits}/undoing",
        "",
        owning_viewers("409"),
    ),
    (
        "POST",
        "/provision/requests/{number}/rating",
        "/provision/requests/{waits}/rating",
        "satisfaction=5",
        owning_viewers("409"),
    ),
    (
        "POST",
        "/provision/requests/{number}/support",
        "/provision/requests/{waits}/support",
        "",
        owning_viewers("303 /support/requests/{following}"),
    ),
    // nobody has a draft there: others' are not seen, and hers was handed in
    (
        "POST",
        "/provision/requests/{number}/discarding",
        "/provision/requests/{waits}/discarding",
        "",
        [SIGN_IN, "404", "404", "404", "404", "409"],
    ),
    ("GET", "/provision/resources", "/provision/resources?team=harbour", "", viewers("200")),
    ("GET", "/provision/resources/{id}", "/provision/resources/{had}", "", viewers("200")),
    // it has none
    (
        "POST",
        "/provision/resources/{id}/credentials",
        "/provision/resources/{had}/credentials",
        "",
        [SIGN_IN, "403", "409", "409", "409", "403"],
    ),
    (
        "POST",
        "/provision/resources/{id}/renewal",
        "/provision/resources/{had}/renewal",
        "",
        owning_viewers("303 /provision/resources/{had}"),
    ),
    (
        "GET",
        "/provision/resources/{id}/actions/{name}",
        "/provision/resources/{had}/actions/touch",
        "",
        owning_viewers("200"),
    ),
    (
        "POST",
        "/provision/resources/{id}/actions/{name}",
        "/provision/resources/{had}/actions/touch",
        "",
        owning_viewers("303 /provision/requests/#"),
    ),
    (
        "POST",
        "/provision/resources/{id}/actions/{name}/check",
        "/provision/resources/{had}/actions/touch/check",
        "",
        viewers("200"),
    ),
    // there is no such state
    (
        "POST",
        "/provision/resources/{id}/states/{state}/restoration",
        "/provision/resources/{had}/states/{nothing}/restoration",
        "version=1",
        owning_viewers("404"),
    ),
    (
        "POST",
        "/provision/resources/{id}/states/{state}/export",
        "/provision/resources/{had}/states/{nothing}/export",
        "",
        owning_viewers("404"),
    ),
    ("GET", "/provision/waivers", "/provision/waivers", "", viewers("200")),
    (
        "POST",
        "/provision/waivers",
        "/provision/waivers",
        "offering={offer}&guardrail=never&team=harbour&reason=few&ends_on={someday}",
        owning_viewers("303 /provision/waivers"),
    ),
    (
        "POST",
        "/provision/waivers/{id}/decision",
        "/provision/waivers/{waiver}/decision",
        "granted=yes",
        [SIGN_IN, "403", "303 /provision/waivers", "303 /provision/waivers", "303 /provision/waivers", "403"],
    ),
    (
        "POST",
        "/provision/waivers/{id}/end",
        "/provision/waivers/{waiver}/end",
        "",
        owning_viewers("303 /provision/waivers"),
    ),
    ("GET", "/help/self-service", "/help/self-service", "", viewers("200")),
];
