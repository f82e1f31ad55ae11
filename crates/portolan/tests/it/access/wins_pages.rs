//! Who may do what on the pages that wins and challenges are written on. The harbour's update is written by Lou, who leads it; Mia
//! is in it; Lea hands up for the guild above. Ada is an admin and in no team: of what teams have not published she sees nothing.

use super::{Cells, Row, SIGN_IN, viewers};

/// Somebody of another team, a member, the lead, a lead above, an admin in no team.
const fn inside(member: &'static str, lead: &'static str, above: &'static str) -> Cells<6> {
    [SIGN_IN, "404", member, lead, above, "404"]
}

pub(super) const PAGES: &[Row<6>] = &[
    (
        "GET",
        "/wins/write",
        "/wins/write",
        "",
        [
            SIGN_IN,
            "200",
            "303 /wins/updates/{ours}",
            "303 /wins/updates/{ours}",
            "303 /wins/updates/{top}",
            "200",
        ],
    ),
    ("GET", "/wins/mine", "/wins/mine", "", viewers("200")),
    ("GET", "/wins/jot", "/wins/jot", "", viewers("200")),
    (
        "POST",
        "/wins/jot",
        "/wins/jot",
        "team=harbour&kind=win&summary=Matrix",
        [SIGN_IN, "403", "303 /wins/entries/#", "303 /wins/entries/#", "303 /wins/entries/#", "403"],
    ),
    ("GET", "/wins/updates/{id}", "/wins/updates/{ours}", "", inside("200", "200", "200")),
    (
        "POST",
        "/wins/updates/{id}",
        "/wins/updates/{ours}",
        "do=save",
        inside("403", "303 /wins/updates/{ours}", "403"),
    ),
    ("GET", "/wins/updates/{id}/choose", "/wins/updates/{ours}/choose", "", inside("403", "200", "403")),
    (
        "POST",
        "/wins/updates/{id}/choose",
        "/wins/updates/{ours}/choose",
        "do=save",
        inside("403", "303 /wins/updates/{ours}/choose", "403"),
    ),
    (
        "GET",
        "/wins/updates/{id}/publishing",
        "/wins/updates/{ours}/publishing",
        "",
        inside("403", "200", "403"),
    ),
    // it is handed to the guild: nobody publishes it by hand
    (
        "POST",
        "/wins/updates/{id}/publishing",
        "/wins/updates/{ours}/publishing",
        "",
        inside("403", "409", "403"),
    ),
    ("GET", "/wins/entries/{id}", "/wins/entries/{jotted}", "", inside("200", "200", "404")),
    ("GET", "/wins/entries/{id}/edit", "/wins/entries/{jotted}/edit", "", inside("403", "200", "404")),
    (
        "POST",
        "/wins/entries/{id}/edit",
        "/wins/entries/{jotted}/edit",
        "summary=Matrix",
        inside("403", "303 /wins/entries/#", "404"),
    ),
    (
        "POST",
        "/wins/entries/{id}/removal",
        "/wins/entries/{jotted}/removal",
        "",
        inside("403", "303 /wins/mine", "404"),
    ),
    (
        "POST",
        "/wins/entries/{id}/lowering",
        "/wins/entries/{jotted}/lowering",
        "sensitivity=up",
        inside("403", "303 /wins/entries/#", "404"),
    ),
    // it waits in the team, and names nobody
    (
        "POST",
        "/wins/entries/{id}/attachments",
        "/wins/entries/{jotted}/attachments",
        "do=attach:{jotted}:harbour",
        inside("409", "409", "404"),
    ),
    // it names nobody: there is nothing to answer
    (
        "POST",
        "/wins/entries/{id}/answers",
        "/wins/entries/{jotted}/answers",
        "team=harbour&answer=x",
        inside("409", "409", "404"),
    ),
];
