//! The forms around what is published: the plan, what a team sets, what readers say, and wanting no more of it.

use portolan_domain::{
    PublicationId, people,
    wins::{self, LetterJob},
};
use serde_json::{Value, json};

use super::Visitor;
use crate::support::portal::Portal;

/// Where its forms went.
pub(super) fn walk() -> Vec<String> {
    let portal = Portal::empty();
    portal.make_admin("ada");
    let mut admin = portal.with_token("ada", "admin");
    let mut make = |path: &str, body: Value| {
        let answer = admin.json("POST", path, &body);
        assert_eq!(answer.status, 201, "{path}: {}", answer.body);
    };
    for handle in ["imke", "maya"] {
        make(
            "/api/v1/people",
            json!({ "handle": handle, "name": handle, "email": format!("{handle}@example.org") }),
        );
    }
    make("/api/v1/teams", json!({ "slug": "basket", "name": "Basket", "lead": "imke" }));
    make("/api/v1/teams/basket/members", json!({ "person": "maya" }));
    let visitor = |handle: &str| Visitor::new(portal.signed_in(handle));
    let (mut ada, mut imke, mut maya) = (visitor("ada"), visitor("imke"), visitor("maya"));

    // a plan, corrected; it opens a cycle
    let plan = [("name", "Every two weeks"), ("root", "basket")];
    ada.submits("/admin/wins/new", "/admin/wins/new", &plan, "/admin/wins");
    let list = ada.client.get("/admin/wins").body;
    let at = list.find("href=\"/admin/wins/0").expect("the plan") + "href=\"".len();
    let plan = list[at..].split('"').next().expect("its end").to_owned();
    ada.submits(&plan, &plan, &[("name", "Each fortnight")], "/admin/wins");
    ada.sees("/admin/wins", "Each fortnight");
    portal.as_system(async |mut call| wins::turn(&mut call.cx()).await.expect("a cycle"));

    settings(&mut ada, &mut imke);
    let page = published(&portal);

    // what readers say of it, and what its author adds
    let words = maya.action(&page, "/wins/publications/", "/words");
    for (kind, text) in [("thanks", "Well done"), ("question", "Since when?")] {
        let form = maya.form_with(&page, &words, &[("text", text)]).press("kind", kind);
        let answer = maya.send(&form);
        assert_eq!(answer.status, 303, "{}", answer.body);
        imke.sees(&page, text);
    }
    let form = imke.form_with(&page, &words, &[("text", "Since Monday.")]).press("kind", "answer");
    assert_eq!(imke.send(&form).status, 303);
    maya.sees(&page, "Since Monday.");
    let removal = maya.action(&page, "/wins/words/", "/removal");
    maya.submits(&page, &removal, &[], &page);
    let addenda = imke.action(&page, "/wins/publications/", "/addenda");
    imke.submits(&page, &addenda, &[("text", "It was Tuesday.")], &page);
    maya.sees(&page, "It was Tuesday.");

    // a challenge, closed and opened again
    let closing = imke.action("/wins/challenges", "/wins/challenges/", "/closing");
    let closed = [("how", "accepted"), ("note", "We live with it")];
    imke.submits("/wins/challenges", &closing, &closed, "/wins/challenges");
    imke.sees("/wins/challenges?state=closed", "We live with it");
    let reopening = imke.action("/wins/challenges?state=closed", "/wins/challenges/", "/reopening");
    imke.submits("/wins/challenges?state=closed", &reopening, &[], "/wins/challenges");

    // a feed, made and taken back
    let made = maya.shown("/wins/feeds", "/wins/feeds", &[]);
    let at = made.find("/feeds/wins/ptw_").expect("an address");
    let feed = made[at..].split(['"', '<']).next().expect("its end").to_owned();
    let atom = portal.stranger().get(&feed);
    assert!(atom.status == 200 && atom.body.contains("Baskets are lighter"), "{}", atom.body);
    let revocation = maya.action("/wins/feeds", "/wins/feeds/", "/revocation");
    maya.submits("/wins/feeds", &revocation, &[], "/wins/feeds");
    assert_eq!(portal.stranger().get(&feed).status, 404);

    // a letter's link asks whoever has it, does it, and says so from then on
    let link = letter_to_maya(&portal, &mut imke);
    let mut anybody = Visitor::new(portal.stranger());
    let stopped = anybody.fills(&link, &link, &[]);
    assert!(stopped.status == 200 && stopped.body.contains("What Basket publishes"), "{}", stopped.body);
    assert!(anybody.client.get(&link).body.contains("You are sent no more letters"));
    [ada, imke, maya, anybody].into_iter().flat_map(|visitor| visitor.sent).collect()
}

/// The link by which Maya, who is put on a list, stops the letters of what was published.
fn letter_to_maya(portal: &Portal, imke: &mut Visitor) -> String {
    let page = "/teams/basket/wins/settings";
    imke.submits(page, "/teams/basket/wins/lists", &[("name", "Friends")], page);
    let members = imke.action(page, "/teams/basket/wins/lists/", "/members");
    imke.submits(page, &members, &[("person", "maya")], page);
    let all: Value =
        serde_json::from_str(&portal.with_token("imke", "read").get("/api/v1/publications").body)
            .expect("JSON");
    let publication: PublicationId =
        all["items"][0]["id"].as_str().and_then(|id| id.parse().ok()).expect("a publication");
    portal.as_system(async move |mut call| {
        let cx = &mut call.cx();
        let maya = people::person(cx, "maya").await.expect("Maya").id;
        let job = LetterJob { publication, person: Some(maya), member: None, addendum: false };
        wins::letter(cx, &job, "").await.expect("an answer").expect("a letter").stop.expect("a link")
    })
}

/// What the team sets: who stands in, short words, lists; and what an admin says of addresses outside.
fn settings(ada: &mut Visitor, imke: &mut Visitor) {
    let page = "/teams/basket/wins/settings";
    imke.submits(page, "/teams/basket/wins/deputy", &[("deputy", "maya")], page);
    imke.submits(page, "/teams/basket/wins/terms", &[("short", "SLO"), ("long", "a promise")], page);
    imke.sees(page, "a promise");
    imke.submits(page, "/teams/basket/wins/terms/removal", &[], page);
    imke.submits(page, "/teams/basket/wins/lists", &[("name", "Friends")], page);
    let members = imke.action(page, "/teams/basket/wins/lists/", "/members");
    for address in ["one@example.com", "two@example.com"] {
        imke.submits(page, &members, &[("email", address)], page);
    }
    imke.sees(page, "waits for an admin");
    let leave = ada.action("/admin/wins", "/admin/wins/addresses/", "/leave");
    ada.submits("/admin/wins", &leave, &[], "/admin/wins");
    let removal = ada.action("/admin/wins", "/admin/wins/addresses/", "/removal");
    ada.submits("/admin/wins", &removal, &[], "/admin/wins");
    let off = imke.action(page, "/teams/basket/wins/members/", "/removal");
    imke.submits(page, &off, &[], page);
    let deletion = imke.action(page, "/teams/basket/wins/lists/", "/deletion");
    imke.submits(page, &deletion, &[], page);
}

/// A win and a challenge, published by whoever leads; the address of their page.
fn published(portal: &Portal) -> String {
    let mut imke = portal.with_token("imke", "write");
    let mut asks = |method: &str, path: &str, body: &Value| -> Value {
        let answer = imke.json(method, &format!("/api/v1{path}"), body);
        assert!((200..300).contains(&answer.status), "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).expect("JSON")
    };
    let update = asks("GET", "/teams/basket/update", &Value::Null)["id"].as_str().expect("a key").to_owned();
    let entries = [("win", "Baskets are lighter"), ("challenge", "Handles break")].map(|(kind, summary)| {
        let new = json!({ "team": "basket", "kind": kind, "summary": summary });
        asks("POST", "/entries", &new)["id"].clone()
    });
    asks("POST", &format!("/updates/{update}/entries"), &json!({ "entries": entries }));
    asks("POST", &format!("/updates/{update}/submission"), &Value::Null);
    let made = asks("POST", &format!("/updates/{update}/publication"), &Value::Null);
    format!("/wins/basket/{}", made["cycle"]["slug"].as_str().expect("a cycle"))
}
