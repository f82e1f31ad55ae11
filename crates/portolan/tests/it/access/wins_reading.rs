//! Who may do what on the pages that wins and challenges are read on, and where a team and an admin set how they go. What is made for a
//! row is made in wins.rs.

use super::{Cells, Row, SIGN_IN, admin_viewers, anybody, owning_viewers, viewers};

/// Who changes the lists of a team: whoever writes its updates, and admins. Others do not hear of a list that they may not see.
const fn keeping(answer: &'static str) -> Cells<6> {
    [SIGN_IN, "404", "403", answer, "403", answer]
}

/// Who writes the update, of those who may see it.
const fn writing(answer: &'static str) -> Cells<6> {
    [SIGN_IN, "404", "403", answer, "403", "404"]
}

/// Who wrote a challenge of the team, or writes its update.
const fn closing(answer: &'static str) -> Cells<6> {
    [SIGN_IN, "404", "403", answer, "404", "404"]
}

const SETTINGS: &str = "303 /teams/harbour/wins/settings";
const PLAN: &str = "name=Plan+{n}&root={isle}&weeks=2&anchor=2026-01-05&time_zone=UTC&publish_at=fri+09%3A00&paused=yes\
    &due_0=tue+15%3A00&most_wins_0=4&most_challenges_0=2&most_words_0=120&audience_0=circle";

pub(super) const PAGES: &[Row<6>] = &[
    ("GET", "/wins", "/wins", "", viewers("200")),
    ("GET", "/wins/{team}/{cycle}", "/wins/harbour/2020-w01", "", viewers("404")),
    (
        "POST",
        "/wins/publications/{id}/words",
        "/wins/publications/{nothing}/words",
        "line={nothing}&kind=thanks",
        viewers("404"),
    ),
    (
        "POST",
        "/wins/publications/{id}/addenda",
        "/wins/publications/{nothing}/addenda",
        "text=x",
        viewers("404"),
    ),
    (
        "POST",
        "/wins/words/{id}/removal",
        "/wins/words/{nothing}/removal",
        "publication={nothing}",
        viewers("404"),
    ),
    ("GET", "/wins/updates/{id}/preview", "/wins/updates/{berth}/preview", "", writing("200")),
    ("GET", "/wins/archive", "/wins/archive?q=smoke", "", viewers("200")),
    ("GET", "/wins/challenges", "/wins/challenges", "", viewers("200")),
    (
        "POST",
        "/wins/challenges/{id}/closing",
        "/wins/challenges/{hard}/closing",
        "how=accepted",
        closing("303 /wins/challenges"),
    ),
    (
        "POST",
        "/wins/challenges/{id}/reopening",
        "/wins/challenges/{closedhard}/reopening",
        "",
        closing("303 /wins/challenges"),
    ),
    ("GET", "/wins/participation", "/wins/participation", "", viewers("200")),
    ("GET", "/wins/cycles/{id}", "/wins/cycles/{cycle}", "", viewers("200")),
    ("GET", "/wins/year", "/wins/year", "", viewers("200")),
    ("GET", "/wins/feeds", "/wins/feeds", "", viewers("200")),
    ("POST", "/wins/feeds", "/wins/feeds", "", viewers("201")),
    (
        "POST",
        "/wins/feeds/{id}/revocation",
        "/wins/feeds/{winsfeed}/revocation",
        "",
        viewers("303 /wins/feeds"),
    ),
    // the secret in the address is the credential: nobody's session opens another's
    ("GET", "/feeds/wins/{secret}", "/feeds/wins/ptw_{n}", "", anybody("404")),
    ("GET", "/wins/stop/{secret}", "/wins/stop/spent", "", anybody("410")),
    ("POST", "/wins/stop/{secret}", "/wins/stop/spent", "", anybody("410")),
    ("GET", "/teams/{slug}/wins", "/teams/harbour/wins", "", viewers("200")),
    ("GET", "/teams/{slug}/wins/settings", "/teams/harbour/wins/settings", "", viewers("200")),
    (
        "POST",
        "/teams/{slug}/wins/deputy",
        "/teams/harbour/wins/deputy",
        "deputy=",
        [SIGN_IN, "403", "403", SETTINGS, SETTINGS, "403"],
    ),
    (
        "POST",
        "/teams/{slug}/wins/terms",
        "/teams/harbour/wins/terms",
        "short=S{n}&long=x",
        owning_viewers(SETTINGS),
    ),
    (
        "POST",
        "/teams/{slug}/wins/terms/removal",
        "/teams/harbour/wins/terms/removal",
        "short={term}",
        owning_viewers(SETTINGS),
    ),
    (
        "POST",
        "/teams/{slug}/wins/lists",
        "/teams/harbour/wins/lists",
        "name={n}",
        [SIGN_IN, "403", "403", SETTINGS, "403", SETTINGS],
    ),
    (
        "POST",
        "/teams/{slug}/wins/lists/{id}/deletion",
        "/teams/harbour/wins/lists/{list}/deletion",
        "",
        keeping(SETTINGS),
    ),
    (
        "POST",
        "/teams/{slug}/wins/lists/{id}/members",
        "/teams/harbour/wins/lists/{list}/members",
        "person=otto",
        keeping(SETTINGS),
    ),
    (
        "POST",
        "/teams/{slug}/wins/members/{id}/removal",
        "/teams/harbour/wins/members/{listed}/removal",
        "",
        keeping(SETTINGS),
    ),
    ("GET", "/admin/wins", "/admin/wins", "", admin_viewers("200")),
    ("GET", "/admin/wins/new", "/admin/wins/new", "", admin_viewers("200")),
    ("POST", "/admin/wins/new", "/admin/wins/new", PLAN, admin_viewers("303 /admin/wins")),
    ("GET", "/admin/wins/{id}", "/admin/wins/{plan}", "", admin_viewers("200")),
    ("POST", "/admin/wins/{id}", "/admin/wins/{plan}", PLAN, admin_viewers("303 /admin/wins")),
    (
        "POST",
        "/admin/wins/addresses/{id}/leave",
        "/admin/wins/addresses/{listed}/leave",
        "",
        admin_viewers("303 /admin/wins"),
    ),
    (
        "POST",
        "/admin/wins/addresses/{id}/removal",
        "/admin/wins/addresses/{listed}/removal",
        "",
        admin_viewers("303 /admin/wins"),
    ),
];
