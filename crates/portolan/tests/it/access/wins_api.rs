//! Who may do what with wins and challenges over the API. Updates are of ships: teams below the guild that Lou leads and Mia is in; Lea
//! leads the guild. Ada is an admin and in no team: what teams have not published is not there for her.

use portolan_domain::wins;
use serde_json::{Value, json};

use super::{Caller, Cells, Row, Scene, admins, owners, readers, text, writers};

/// Whoever writes the update, and nobody else: not a lead above, not an admin.
const fn writing(answer: &'static str) -> Cells<9> {
    ["401", "403", "403", "404", "403", answer, "403", "404", "404"]
}

/// Those in the team and those above it.
const fn reading(answer: &'static str) -> Cells<9> {
    ["401", answer, "404", "404", answer, answer, answer, "404", "404"]
}

/// Those in the team: what was not handed up is not there for those above.
const fn inside(answer: &'static str) -> Cells<9> {
    ["401", answer, "404", "404", answer, answer, "404", "404", "404"]
}

/// The lead and those above.
const fn leading(answer: &'static str) -> Cells<9> {
    ["401", "403", "403", "403", "403", answer, answer, "403", "403"]
}

/// Who wrote a challenge of the team, or writes its update.
const fn closing(answer: &'static str) -> Cells<9> {
    ["401", "403", "403", "404", "403", answer, "404", "404", "404"]
}

/// Who changes the lists of a team: whoever writes its updates, and admins. Others do not hear of a list that they may not see.
const fn keeping(answer: &'static str) -> Cells<9> {
    ["401", "403", "403", "404", "403", answer, "403", "404", answer]
}

const PLAN: &str =
    r#"{"name":"Plan {n}","root":"{isle}","anchor":"2026-01-05","time_zone":"UTC","paused":true}"#;
const UPDATE: &str = "/api/v1/updates/{id}";

pub(super) const API: &[Row<9>] = &[
    ("GET", "/api/v1/wins-plans", "/api/v1/wins-plans", "", readers("200")),
    ("POST", "/api/v1/wins-plans", "/api/v1/wins-plans", PLAN, admins("201")),
    ("GET", "/api/v1/wins-plans/{id}", "/api/v1/wins-plans/{plan}", "", readers("200")),
    ("PUT", "/api/v1/wins-plans/{id}", "/api/v1/wins-plans/{plan}", PLAN, admins("200")),
    ("GET", "/api/v1/cycles", "/api/v1/cycles", "", readers("200")),
    ("GET", "/api/v1/cycles/{id}", "/api/v1/cycles/{cycle}", "", readers("200")),
    ("GET", "/api/v1/cycles/{id}/updates", "/api/v1/cycles/{cycle}/updates", "", readers("200")),
    ("GET", "/api/v1/teams/{slug}/update", "/api/v1/teams/harbour/update", "", reading("200")),
    ("GET", UPDATE, "/api/v1/updates/{berth}", "", reading("200")),
    ("GET", "/api/v1/updates/{id}/entries", "/api/v1/updates/{berth}/entries", "", reading("200")),
    (
        "POST",
        "/api/v1/updates/{id}/entries",
        "/api/v1/updates/{berth}/entries",
        r#"{"entries":[]}"#,
        writing("200"),
    ),
    (
        "PATCH",
        "/api/v1/updates/{id}/entries",
        "/api/v1/updates/{berth}/entries",
        r#"{"intro":"{n}"}"#,
        writing("200"),
    ),
    ("GET", "/api/v1/updates/{id}/selection", "/api/v1/updates/{berth}/selection", "", reading("200")),
    (
        "POST",
        "/api/v1/updates/{id}/selection",
        "/api/v1/updates/{berth}/selection",
        r#"{"entries":[]}"#,
        writing("200"),
    ),
    (
        "PUT",
        "/api/v1/updates/{id}/selection",
        "/api/v1/updates/{berth}/selection",
        r#"{"entries":[]}"#,
        writing("200"),
    ),
    (
        "DELETE",
        "/api/v1/updates/{id}/selection/{entry}",
        "/api/v1/updates/{chosen}",
        "",
        // whoever may not see the entry is not told of it
        ["401", "403", "404", "404", "403", "204", "404", "404", "404"],
    ),
    (
        "POST",
        "/api/v1/updates/{id}/selection/merging",
        "/api/v1/updates/{berth}/selection/merging",
        r#"{"into":"{nothing}","from":"{nothing}"}"#,
        readers("404"),
    ),
    (
        "POST",
        "/api/v1/updates/{id}/selection/splitting",
        "/api/v1/updates/{berth}/selection/splitting",
        r#"{"line":"{nothing}"}"#,
        readers("404"),
    ),
    ("POST", "/api/v1/updates/{id}/submission", "/api/v1/updates/{laden}/submission", "", writing("200")),
    ("DELETE", "/api/v1/updates/{id}/submission", "/api/v1/updates/{handed}/submission", "", writing("200")),
    ("POST", "/api/v1/updates/{id}/quiet", "/api/v1/updates/{ship}/quiet", "", writing("200")),
    (
        "PUT",
        "/api/v1/updates/{id}/delegate",
        "/api/v1/updates/{berth}/delegate",
        r#"{"person":null}"#,
        writing("200"),
    ),
    (
        "PUT",
        "/api/v1/updates/{id}/limits",
        "/api/v1/updates/{berth}/limits",
        r#"{"wins":5,"challenges":3}"#,
        ["401", "403", "403", "404", "403", "200", "200", "404", "404"],
    ),
    (
        "PUT",
        "/api/v1/updates/{id}/audience",
        "/api/v1/updates/{berth}/audience",
        r#"{"audience":"circle"}"#,
        writing("200"),
    ),
    ("GET", "/api/v1/updates/{id}/preview", "/api/v1/updates/{berth}/preview", "", writing("200")),
    ("GET", "/api/v1/updates/{id}/publication", "/api/v1/updates/{berth}/publication", "", writing("200")),
    // it was handed up, so it is published when its cycle ends
    ("POST", "/api/v1/updates/{id}/publication", "/api/v1/updates/{handed}/publication", "", writing("409")),
    // by those in the team and whoever writes its update; there is no such proposal
    (
        "GET",
        "/api/v1/updates/{id}/proposals",
        "/api/v1/updates/{berth}/proposals",
        "",
        ["401", "200", "404", "404", "200", "200", "403", "404", "404"],
    ),
    (
        "POST",
        "/api/v1/updates/{id}/proposals",
        "/api/v1/updates/{berth}/proposals",
        r#"{"key":"none"}"#,
        writing("404"),
    ),
    (
        "POST",
        "/api/v1/updates/{id}/dismissals",
        "/api/v1/updates/{berth}/dismissals",
        r#"{"key":"none"}"#,
        writing("404"),
    ),
    (
        "DELETE",
        "/api/v1/updates/{id}/dismissals",
        "/api/v1/updates/{berth}/dismissals?key=none",
        "",
        writing("204"),
    ),
    ("GET", "/api/v1/entries", "/api/v1/entries", "", readers("200")),
    (
        "POST",
        "/api/v1/entries",
        "/api/v1/entries",
        r#"{"team":"harbour","summary":"{n}"}"#,
        ["401", "403", "403", "403", "201", "201", "201", "403", "403"],
    ),
    ("GET", "/api/v1/entries/{id}", "/api/v1/entries/{jotted}", "", inside("200")),
    (
        "PATCH",
        "/api/v1/entries/{id}",
        "/api/v1/entries/{jotted}",
        r#"{"summary":"{n}"}"#,
        ["401", "403", "404", "404", "403", "200", "404", "404", "404"],
    ),
    (
        "DELETE",
        "/api/v1/entries/{id}",
        "/api/v1/entries/{jotted}",
        "",
        ["401", "403", "403", "404", "403", "204", "404", "404", "404"],
    ),
    ("GET", "/api/v1/entries/{id}/provenance", "/api/v1/entries/{jotted}/provenance", "", inside("200")),
    ("GET", "/api/v1/entries/{id}/lifted", "/api/v1/entries/{jotted}/lifted", "", inside("200")),
    ("GET", "/api/v1/challenges", "/api/v1/challenges", "", readers("200")),
    (
        "POST",
        "/api/v1/challenges/{id}/closing",
        "/api/v1/challenges/{hard}/closing",
        r#"{"how":"accepted"}"#,
        closing("200"),
    ),
    (
        "DELETE",
        "/api/v1/challenges/{id}/closing",
        "/api/v1/challenges/{closedhard}/closing",
        "",
        closing("204"),
    ),
    // told in an update of the harbour's own
    (
        "POST",
        "/api/v1/challenges/{id}/telling",
        "/api/v1/challenges/{hard}/telling",
        r#"{"update":"{ours}"}"#,
        writing("200"),
    ),
    ("GET", "/api/v1/challenges/namings", "/api/v1/challenges/namings", "", readers("200")),
    (
        "PUT",
        "/api/v1/challenges/{id}/namings/{team}",
        "/api/v1/challenges/{nothing}/namings/harbour",
        r#"{"text":"x"}"#,
        writers("404"),
    ),
    (
        "PUT",
        "/api/v1/challenges/{id}/namings/{team}/attachment",
        "/api/v1/challenges/{nothing}/namings/harbour/attachment",
        r#"{"attached":true}"#,
        writers("404"),
    ),
    ("GET", "/api/v1/me/owed-updates", "/api/v1/me/owed-updates", "", readers("200")),
    ("GET", "/api/v1/publications", "/api/v1/publications", "", readers("200")),
    ("GET", "/api/v1/publications/{id}", "/api/v1/publications/{nothing}", "", readers("404")),
    (
        "GET",
        "/api/v1/teams/{slug}/publications/{cycle}",
        "/api/v1/teams/harbour/publications/2020-w01",
        "",
        readers("404"),
    ),
    (
        "POST",
        "/api/v1/publications/{id}/addenda",
        "/api/v1/publications/{nothing}/addenda",
        r#"{"text":"x"}"#,
        writers("404"),
    ),
    ("GET", "/api/v1/publications/{id}/words", "/api/v1/publications/{nothing}/words", "", readers("404")),
    (
        "POST",
        "/api/v1/publications/{id}/words",
        "/api/v1/publications/{nothing}/words",
        r#"{"line":"{nothing}","kind":"thanks"}"#,
        writers("404"),
    ),
    ("DELETE", "/api/v1/wins-words/{id}", "/api/v1/wins-words/{nothing}", "", writers("404")),
    ("GET", "/api/v1/archive", "/api/v1/archive?q=smoke", "", readers("200")),
    ("GET", "/api/v1/archive/facets", "/api/v1/archive/facets", "", readers("200")),
    ("GET", "/api/v1/teams/{slug}/wins", "/api/v1/teams/harbour/wins", "", readers("200")),
    (
        "GET",
        "/api/v1/teams/{slug}/participation",
        "/api/v1/teams/harbour/participation",
        "",
        ["401", "200", "403", "403", "200", "200", "200", "403", "403"],
    ),
    ("GET", "/api/v1/wins-year", "/api/v1/wins-year", "", readers("200")),
    ("GET", "/api/v1/teams/{slug}/deputy", "/api/v1/teams/harbour/deputy", "", readers("200")),
    (
        "PUT",
        "/api/v1/teams/{slug}/deputy",
        "/api/v1/teams/harbour/deputy",
        r#"{"person":null}"#,
        leading("200"),
    ),
    ("GET", "/api/v1/teams/{slug}/glossary", "/api/v1/teams/harbour/glossary", "", readers("200")),
    (
        "PUT",
        "/api/v1/teams/{slug}/glossary/{short}",
        "/api/v1/teams/harbour/glossary/SLO",
        r#"{"long":"x"}"#,
        owners("204"),
    ),
    (
        "DELETE",
        "/api/v1/teams/{slug}/glossary/{short}",
        "/api/v1/teams/harbour/glossary/{term}",
        "",
        owners("204"),
    ),
    (
        "GET",
        "/api/v1/teams/{slug}/audience-lists",
        "/api/v1/teams/harbour/audience-lists",
        "",
        ["401", "200", "403", "403", "200", "200", "200", "403", "200"],
    ),
    (
        "POST",
        "/api/v1/teams/{slug}/audience-lists",
        "/api/v1/teams/harbour/audience-lists",
        r#"{"name":"{n}"}"#,
        ["401", "403", "403", "403", "403", "201", "403", "403", "201"],
    ),
    ("DELETE", "/api/v1/audience-lists/{id}", "/api/v1/audience-lists/{list}", "", keeping("204")),
    (
        "POST",
        "/api/v1/audience-lists/{id}/members",
        "/api/v1/audience-lists/{list}/members",
        r#"{"person":"otto"}"#,
        keeping("201"),
    ),
    (
        "DELETE",
        "/api/v1/audience-list-members/{id}",
        "/api/v1/audience-list-members/{listed}",
        "",
        keeping("204"),
    ),
    (
        "GET",
        "/api/v1/audience-list-members/waiting",
        "/api/v1/audience-list-members/waiting",
        "",
        admins("200"),
    ),
    (
        "POST",
        "/api/v1/audience-list-members/{id}/leave",
        "/api/v1/audience-list-members/{listed}/leave",
        "",
        admins("200"),
    ),
    ("GET", "/api/v1/wins-feeds", "/api/v1/wins-feeds", "", readers("200")),
    ("POST", "/api/v1/wins-feeds", "/api/v1/wins-feeds", "{}", writers("201")),
    ("DELETE", "/api/v1/wins-feeds/{id}", "/api/v1/wins-feeds/{winsfeed}", "", writers("204")),
];

impl Scene {
    /// What Lou, who leads, gets of the API.
    fn by_lou(&self, method: &str, path: &str, body: &Value) -> Value {
        let lou = self.lead.get_or_init(|| self.portal.with_token("lou", "write").into());
        let answer = lou.borrow_mut().json(method, &format!("/api/v1{path}"), body);
        assert!(
            (200..300).contains(&answer.status),
            "{method} {path} {body}: {} {}",
            answer.status,
            answer.body
        );
        serde_json::from_str(&answer.body).unwrap_or_default()
    }

    /// The cycle that runs below the guild; its key.
    fn cycle(&self) -> String {
        let plans = self.by_lou("GET", "/wins-plans", &Value::Null);
        let is_there =
            plans["items"].as_array().is_some_and(|all| all.iter().any(|p| p["root"]["slug"] == "guild"));
        if !is_there {
            let today = portolan_domain::Clock::system().now().strftime("%Y-%m-%d").to_string();
            let new = json!({ "name": "Guild", "root": "guild", "anchor": today, "time_zone": "UTC" });
            self.make("/api/v1/wins-plans", &new);
            self.portal.as_system(async |mut call| wins::turn(&mut call.cx()).await.expect("it turns"));
        }
        text(&self.by_lou("GET", "/cycles", &Value::Null)["items"][0]["id"])
    }

    /// A team below the guild that Lou leads and Mia is in, with an update; its slug.
    fn ship(&self, slug: String) -> String {
        self.make("/api/v1/teams", &json!({ "slug": slug, "name": slug, "parent": "guild", "lead": "lou" }));
        self.make(&format!("/api/v1/teams/{slug}/members"), &json!({ "person": "mia" }));
        self.portal.as_system(async |mut call| wins::turn(&mut call.cx()).await.expect("it turns"));
        slug
    }

    /// Key of what a team writes now.
    fn update_of(&self, team: &str) -> String {
        text(&self.by_lou("GET", &format!("/teams/{team}/update"), &Value::Null)["id"])
    }

    fn jotted(&self, team: &str, kind: &str, n: &str) -> String {
        let new = json!({ "team": team, "kind": kind, "summary": format!("Smoke {n}") });
        text(&self.by_lou("POST", "/entries", &new)["id"])
    }

    /// The update of a ship of its own with an entry in it, and that entry.
    fn laden(&self, n: &str) -> (String, String) {
        let ship = self.ship(format!("ship-{n}"));
        let (update, entry) = (self.update_of(&ship), self.jotted(&ship, "win", n));
        self.by_lou("POST", &format!("/updates/{update}/entries"), &json!({ "entries": [entry] }));
        (update, entry)
    }

    /// Makes what a word stands for.
    pub(super) fn made_of_cycles(&self, word: &str, n: &str, mine: &mut Caller) -> String {
        match word {
            // a team at the top of a tree of its own
            "isle" => {
                let slug = format!("isle-{n}");
                self.make("/api/v1/teams", &json!({ "slug": slug, "name": slug }));
                slug
            }
            "plan" => {
                let root = self.made("isle", mine);
                let new = json!({ "name": root, "root": root, "anchor": "2026-01-05", "time_zone": "UTC", "paused": true });
                text(&self.make("/api/v1/wins-plans", &new)["id"])
            }
            "cycle" => self.cycle(),
            "ours" => self.update_of("harbour"),
            // that of the guild, which Lea writes
            "top" => {
                self.update_of("harbour");
                let led = self.portal.signed_in("lea").get("/wins/write");
                led.location().rsplit('/').next().unwrap_or_default().to_owned()
            }
            // the update of one ship that stays open
            "berth" => {
                if self.admin.borrow_mut().get("/api/v1/teams/berth").status == 404 {
                    self.ship("berth".into());
                }
                self.update_of("berth")
            }
            // the update of a ship of its own; the same with an entry in it, and handed up
            "ship" => self.update_of(&self.ship(format!("ship-{n}"))),
            "laden" => self.laden(n).0,
            "handed" => {
                let update = self.made("laden", mine);
                self.by_lou("POST", &format!("/updates/{update}/submission"), &Value::Null);
                update
            }
            "chosen" => {
                let (update, entry) = self.laden(n);
                format!("{update}/selection/{entry}")
            }
            "jotted" => self.jotted("harbour", "win", n),
            "hard" => self.jotted("harbour", "challenge", n),
            "closedhard" => {
                let hard = self.jotted("harbour", "challenge", n);
                self.by_lou("POST", &format!("/challenges/{hard}/closing"), &json!({ "how": "dropped" }));
                hard
            }
            "term" => {
                let short = format!("T{n}");
                self.by_lou("PUT", &format!("/teams/harbour/glossary/{short}"), &json!({ "long": "x" }));
                short
            }
            // a list of a ship, for a team has few; and an address outside on one
            "list" => {
                let ship = self.ship(format!("ship-{n}"));
                let path = format!("/teams/{ship}/audience-lists");
                text(&self.by_lou("POST", &path, &json!({ "name": n }))["id"])
            }
            "listed" => {
                let list = self.made("list", mine);
                let path = format!("/audience-lists/{list}/members");
                text(
                    &self.by_lou("POST", &path, &json!({ "email": format!("reader-{n}@example.com") }))["id"],
                )
            }
            "winsfeed" => mine.own("POST", "/api/v1/wins-feeds", &json!({}), "/id"),
            _ => panic!("{{{word}}} is not known"),
        }
    }
}
