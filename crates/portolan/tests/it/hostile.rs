//! What a hostile or broken client sends over HTTP: it gets a clear refusal, and nothing of it comes back as markup.

use std::{
    io::Write,
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    support::{
        http::Client,
        mail::{Letter, MailServer, Mood},
        page::form_to,
        portal::Portal,
    },
    wins::{Company, OUTSIDE, get, post, word},
};

const MARKUP: &str = r#""><script>alert(1)</script><img src=x onerror=alert(2)>'"#;

#[test]
fn markup_in_what_people_type_stays_text() {
    let portal = Portal::demo();
    let mut imke = portal.signed_in("imke.sorensen");
    let typed = url::form_urlencoded::byte_serialize(MARKUP.as_bytes()).collect::<String>();
    for path in [
        "/search?q=",
        "/catalog?q=",
        "/catalog?owner=",
        "/catalog?kind=component&tag=",
        "/catalog?sort=",
        "/catalog/component/default/",
    ] {
        let answer = imke.get(&format!("{path}{typed}"));
        assert!(answer.status < 500, "{path}: {}", answer.status);
        for alive in ["<script>alert", "<img src=x", "onerror=alert(2)>'\""] {
            assert!(!answer.body.contains(alive), "{path} gives back {alive}");
        }
    }
}

#[test]
fn markup_in_descriptors_stays_text() {
    let portal = Portal::demo();
    let mut admin = portal.with_token("noor.vandenberg", "admin");
    let descriptor = serde_json::json!({
        "apiVersion": "backstage.io/v1alpha1", "kind": "Component",
        "metadata": {
            "name": "hostile", "title": MARKUP, "description": MARKUP,
            "annotations": { "portolan.dev/contact": MARKUP, "example.org/x": MARKUP },
            "links": [{ "title": MARKUP, "url": "https://x.example/%22%3E%3Cscript%3E" }],
        },
        "spec": { "type": MARKUP, "lifecycle": MARKUP, "owner": "basket", "definition": MARKUP },
    });
    let applied = admin.json("POST", "/api/v1/catalog/apply?source=hostile", &descriptor);
    assert_eq!(applied.status, 200, "{}", applied.body);
    let mut imke = portal.signed_in("imke.sorensen");
    for path in [
        "/catalog/component/default/hostile",
        "/catalog?q=hostile",
        "/search?q=hostile",
        "/activity",
        "/teams/basket",
    ] {
        let page = imke.get(path);
        assert!(page.status < 500, "{path}: {}", page.status);
        assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"), "{path} is alive");
    }
    let script = serde_json::json!({
        "apiVersion": "backstage.io/v1alpha1", "kind": "Component",
        "metadata": { "name": "hostile-link", "links": [{ "url": "javascript:alert(1)" }], "annotations": { "portolan.dev/runbook": "javascript:alert(1)" } },
        "spec": { "type": "service", "lifecycle": "production", "owner": "basket" },
    });
    admin.json("POST", "/api/v1/catalog/apply?source=hostile", &script);
    let page = imke.get("/catalog/component/default/hostile-link");
    assert!(!page.body.contains("href=\"javascript:"), "an address that runs a script can be pressed");
}

#[test]
fn markup_in_a_thread_stays_text() {
    let portal = Portal::demo();
    let mut maya = portal.with_token("maya.chen", "write");
    let markdown = format!(
        "{MARKUP}\n\n[press](javascript:alert(1)) ![x](https://evil.example/p.png)\n\n<style>*{{}}</style>"
    );
    let asked = serde_json::json!({
        "entity": "checkout-api", "title": MARKUP, "environment": MARKUP, "impact": "question", "category": "bug",
        "tried": markdown, "wanted": markdown,
    });
    let answer = maya.json("POST", "/api/v1/support-requests", &asked);
    assert_eq!(answer.status, 201, "{}", answer.body);
    let request = answer.location().trim_start_matches("/api/v1/support-requests/").to_owned();
    let said = serde_json::json!({ "text": markdown, "then": "go-on" });
    let answer = maya.json("POST", &format!("/api/v1/support-requests/{request}/messages"), &said);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let note = serde_json::json!({ "text": markdown });
    assert_eq!(maya.json("PUT", "/api/v1/teams/basket/support-notes/2026-W01", &note).status, 200);
    let mut imke = portal.signed_in("imke.sorensen");
    for path in [
        format!("/support/requests/{request}"),
        "/support/teams/basket".into(),
        "/support/teams/basket/notes?week=2026-W01".into(),
    ] {
        let page = imke.get(&path);
        assert_eq!(page.status, 200, "{path}");
        for alive in ["<script>alert", "<img", "<style>*", "href=\"javascript:", "evil.example/p.png\""] {
            assert!(!page.body.contains(alive), "{path} has {alive}");
        }
    }
}

/// An offering and a request in which everything that people read is markup.
fn hostile_offering() -> serde_json::Value {
    let field = serde_json::json!({ "type": "string", "title": MARKUP, "description": MARKUP });
    let step =
        serde_json::json!([{ "id": "wait", "title": MARKUP, "uses": "wait", "with": { "seconds": 0 } }]);
    let choices = serde_json::json!({ "oneOf": [{ "const": MARKUP, "title": MARKUP, "description": MARKUP }], "default": MARKUP, "title": MARKUP });
    serde_json::json!({
        "apiVersion": "portolan.dev/v1", "kind": "Offering",
        "metadata": { "name": "hostile", "title": MARKUP, "description": format!("{MARKUP} [press](javascript:alert(1))") },
        "spec": {
            "owner": "basket", "stage": "general", "experience": "call-an-api", "sharing": "shared-code",
            "supportLevel": { "text": MARKUP, "hours": MARKUP }, "slo": MARKUP, "docs": "javascript:alert(1)",
            "parameters": { "type": "object", "properties": {
                "name": field, "choice": choices, "pin": { "type": "string", "x-secret": true, "title": MARKUP } } },
            "cost": { "monthly": "3", "currency": "EUR" },
            "guardrails": [
                { "name": "warns", "ensure": "false", "otherwise": "warn", "message": format!("{MARKUP} ${{{{ params.name }}}}"), "parameter": "name" },
                { "name": "fits", "ensure": "true", "otherwise": "deny", "message": MARKUP, "fits": MARKUP },
            ],
            "approvals": [{ "name": "word", "when": "true", "because": MARKUP, "by": ["person:maya.chen"] }],
            "steps": step,
            "outputs": [{ "name": "said", "title": MARKUP, "value": "${{ params.name }}" },
                        { "name": "link", "title": MARKUP, "value": "javascript:alert(1)" },
                        { "name": "hidden", "title": MARKUP, "value": MARKUP, "secret": true }],
            "expiry": { "reviewAfterDays": 1 },
            "actions": [{ "name": "touch", "title": MARKUP, "description": MARKUP, "parameters": { "type": "object", "properties": { "name": field } }, "steps": step }],
        },
    })
}

/// Addresses of pages with an offering in them, and those that say back what an address brings along.
fn hostile_addresses() -> Vec<String> {
    let typed = url::form_urlencoded::byte_serialize(MARKUP.as_bytes()).collect::<String>();
    let plain = [
        "/provision",
        "/provision/hostile",
        "/provision/hostile/about",
        "/provision/hostile/edit",
        "/provision/requests?tab=all",
        "/provision/requests?tab=waiting",
        "/provision/waivers",
        "/teams/basket",
        "/activity",
        "/",
        "/support/new?offering=hostile",
    ];
    let brings = [
        "/provision?service=",
        "/provision/hostile?team=",
        "/provision/hostile?service=",
        "/provision/hostile?environment=",
        "/provision/requests?tab=",
        "/provision/requests?state=",
        "/provision/requests?tab=team&team=",
        "/provision/requests?offering=",
        "/provision/requests?after=",
        "/provision/resources?team=",
        "/provision/resources?show=",
        "/provision/waivers?offering=",
        "/provision/waivers?guardrail=",
        "/support/new?offering=",
        "/provision/hostile/about?after=",
        "/provision/",
    ];
    plain.map(str::to_owned).into_iter().chain(brings.map(|path| format!("{path}{typed}"))).collect()
}

/// Looks at a page: it answers, and nothing on it is alive.
fn looks(client: &mut crate::support::http::Client, path: &str) {
    let answer = client.get(path);
    assert!(answer.status < 500, "{path}: {} {}", answer.status, answer.body);
    is_dead(path, &answer.body);
}

#[test]
fn markup_in_self_service_stays_text() {
    let portal = Portal::demo();
    let mut api = portal.with_token("imke.sorensen", "write");
    let mut made = |path: &str, body: &serde_json::Value| {
        let answer = api.json("POST", path, body);
        assert_eq!(answer.status, 201, "{path}: {}", answer.body);
        serde_json::from_str::<serde_json::Value>(&answer.body).expect("JSON")
    };
    made("/api/v1/offerings", &hostile_offering());
    let mut new = serde_json::json!({
        "offering": "hostile", "environment": "staging", "cost_centre": "<i>y", "reason": MARKUP, "params": { "name": MARKUP, "pin": "s3cret-pin" },
    });
    let request = made("/api/v1/provisioning-requests", &new)["number"].to_string();
    new["environment"] = "<b>x".into(); // what is not handed in yet may say anything
    let draft = made("/api/v1/provisioning-drafts", &new)["number"].to_string();
    let ends = portolan_domain::Clock::system().now() + jiff::SignedDuration::from_hours(240);
    let ends = ends.strftime("%Y-%m-%d").to_string();
    made(
        "/api/v1/waivers",
        &serde_json::json!({ "offering": "hostile", "guardrail": "warns", "team": "basket", "reason": MARKUP, "ends_on": ends }),
    );
    let (mut imke, mut maya) = (portal.signed_in("imke.sorensen"), portal.signed_in("maya.chen"));
    let page = format!("/provision/requests/{request}");
    let more = [
        page.clone(),
        format!("{page}/parts"),
        format!("/provision/requests/{draft}"),
        format!("/provision/hostile?draft={draft}"),
        format!("/provision/hostile?again={request}"),
    ];
    hostile_addresses().iter().chain(&more).for_each(|path| looks(&mut imke, path));
    looks(&mut maya, &page); // who decides sees more
    looks(&mut maya, "/");
    // the parts that script asks for, and what is wrong with a form
    let form = form_to(&imke.get("/provision/hostile").body, "/provision/hostile").fill("p-name", MARKUP);
    let form = form.fill("team", MARKUP).fill("p-pin", "s3cret-pin");
    for action in ["/provision/hostile", "/provision/hostile/check"] {
        let answer = imke.post(action, &form.fields());
        assert!(answer.status == 422 || answer.status == 200, "{action}: {}", answer.status);
        is_dead(action, &answer.body);
    }
    let preview = form_to(&imke.get("/provision/new").body, "/provision/new");
    let preview = preview.fill("document", &hostile_offering().to_string());
    is_dead("preview", &imke.post("/provision/preview", &preview.fields()).body);
    // what comes of it
    let decision = format!("{page}/decision");
    let mut agreed = form_to(&maya.get(&page).body, &decision).fill("note", MARKUP);
    agreed.fields.push(("agreed".into(), "yes".into()));
    assert_eq!(maya.post(&decision, &agreed.fields()).status, 303);
    let began = Instant::now();
    let resource = loop {
        let shown = imke.get(&page).body;
        if let Some(at) = shown.find("/provision/resources/0") {
            break shown[at..].split('"').next().expect("its end").to_owned();
        }
        assert!(began.elapsed() < Duration::from_mins(1), "{shown}");
        std::thread::sleep(Duration::from_millis(100));
    };
    for path in [&page, &resource, &format!("{resource}/actions/touch"), "/provision/resources"] {
        looks(&mut imke, path);
    }
    let show = form_to(&imke.get(&resource).body, &format!("{resource}/credentials"));
    is_dead("credentials", &imke.post(&show.action, &show.fields()).body);
    for path in ["/log", "", "/steps"].map(|rest| format!("/api/v1/provisioning-requests/{request}{rest}")) {
        assert!(!api.get(&path).body.contains("s3cret-pin"), "{path} tells a secret");
    }
}

/// What breaks out of a line, of a block, of a header, of a part of a letter, of a piece of XML.
const WRITTEN: &str = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'\n\n# broken out\n\n[press](javascript:alert(1)) \
    ![x](https://evil.example/p.png)\n\n<style>*{}</style>\n\n]]></content><script>alert(3)</script>\n\n\
    --=_boundary\nContent-Type: text/html\n\n<script>alert(4)</script>\n\n```\n</pre><script>alert(5)</script>\n\n<!-- ${7*7} {{7*7}}";

/// A cycle in which everything that people write is markup: of the win and the challenge, the intro, the answer of the team that is
/// named, the words of readers and what is added afterwards. The keys of the update of the team, the publication and the line at the top.
fn hostile_cycle(company: &mut Company) -> [String; 4] {
    let (mut tor, mut imke, mut otto) =
        (company.writer("tor"), company.writer("imke"), company.writer("otto"));
    let entry = |kind: &str| {
        json!({
            "kind": kind, "team": "basket", "summary": format!("{MARKUP} ]]> # broken out"), "situation": WRITTEN,
            "action": WRITTEN, "result": WRITTEN,
            "numbers": [{ "what": MARKUP, "before": "<b>3", "value": "<i>2", "unit": "\"><script>alert(6)</script>" }],
            "teams": if kind == "challenge" { vec!["ledger"] } else { Vec::new() },
        })
    };
    let keys: Vec<_> =
        ["win", "challenge"].map(|kind| word(&post(&mut tor, "/entries", &entry(kind))["id"])).to_vec();
    let script = json!({ "team": "basket", "summary": "A link", "source_link": "javascript:alert(1)" });
    assert_eq!(
        tor.json("POST", "/api/v1/entries", &script).status,
        422,
        "an address that runs a script is taken"
    );
    let header = json!({ "team": "basket", "summary": "x\r\nBcc: all@fairhaven.example" });
    let header = tor.json("POST", "/api/v1/entries", &header);
    assert!(header.status == 422 || !header.body.contains("\\nBcc"), "{}", header.body);
    let update = word(&get(&mut imke, "/teams/basket/update")["id"]);
    post(&mut imke, &format!("/updates/{update}/entries"), &json!({ "entries": keys }));
    let intro =
        imke.json("PATCH", &format!("/api/v1/updates/{update}/entries"), &json!({ "intro": WRITTEN }));
    assert_eq!(intro.status, 200, "{}", intro.body);
    post(&mut imke, &format!("/updates/{update}/submission"), &json!({}));
    company.lift_all("commerce", "dora");
    let lines = company.lift_all("company", "vera");
    let waiting = get(&mut otto, "/challenges/namings");
    for one in waiting["items"].as_array().expect("challenges") {
        let path = format!("/api/v1/challenges/{}/namings/ledger", word(&one["entry"]["id"]));
        assert_eq!(otto.json("PUT", &path, &json!({ "text": WRITTEN })).status, 200, "{path}");
    }
    let mut vera = company.writer("vera");
    for line in &lines {
        if get(&mut vera, &format!("/entries/{line}"))["kind"] == "challenge" {
            let path = format!("/api/v1/challenges/{line}/namings/ledger/attachment");
            let attached = vera.json("PUT", &path, &json!({ "attached": true }));
            assert_eq!(attached.status, 200, "{}", attached.body);
        }
    }
    let cycle = word(&get(&mut vera, "/cycles")["items"][0]["slug"]);
    let top = word(&get(&mut vera, &format!("/teams/company/update?cycle={cycle}"))["id"]);
    let publication = word(&post(&mut vera, &format!("/updates/{top}/publication"), &json!({}))["id"]);
    for kind in ["thanks", "question", "answer"] {
        let said = json!({ "line": lines[0], "kind": kind, "text": WRITTEN });
        post(&mut otto, &format!("/publications/{publication}/words"), &said);
    }
    post(&mut vera, &format!("/publications/{publication}/addenda"), &json!({ "text": WRITTEN }));
    [update, publication, lines[0].clone(), cycle]
}

#[test]
fn markup_in_wins_stays_text_on_pages_in_letters_and_in_feeds() {
    let mail = MailServer::start(Mood::Good);
    let mut company = Company::new(&mail, "<i>y Tor", "<b>x Basket");
    company.readers();
    let [update, publication, line, cycle] = hostile_cycle(&mut company);
    let typed = url::form_urlencoded::byte_serialize(MARKUP.as_bytes()).collect::<String>();
    let pages = [
        "/".to_owned(),
        "/wins".into(),
        format!("/wins/company/{cycle}"),
        "/wins/write".into(),
        format!("/wins/updates/{update}"),
        format!("/wins/updates/{update}/choose"),
        format!("/wins/updates/{update}/preview"),
        "/wins/jot".into(),
        format!("/wins/entries/{line}"),
        "/wins/mine".into(),
        "/wins/archive".into(),
        format!("/wins/archive?q={typed}"),
        format!("/wins/archive?team={typed}"),
        format!("/wins/archive?topic={typed}"),
        format!("/wins/archive?quarter={typed}"),
        format!("/wins/archive?person={typed}"),
        "/wins/challenges?state=all".into(),
        format!("/wins/challenges?team={typed}"),
        "/wins/participation".into(),
        "/wins/year".into(),
        "/wins/feeds".into(),
        "/teams/basket/wins".into(),
        "/teams/basket/wins/settings".into(),
        format!("/wins/jot?text={typed}"),
        format!("/wins/stop/{typed}"),
        "/activity".into(),
    ];
    for handle in ["tor", "imke", "vera", "otto"] {
        let mut session = company.portal.signed_in(handle);
        for path in &pages {
            is_read(&mut session, path);
        }
    }
    let mut otto = company.writer("otto");
    let told = otto.get(&format!("/api/v1/publications/{publication}?format=markdown"));
    assert_eq!(told.status, 200, "{}", told.body);
    for line in told.body.lines() {
        assert!(!line.starts_with("# broken out"), "text became a heading of the whole: {}", told.body);
    }
    let (_, added) = told.body.split_once("\n## Added since\n").expect("what was added");
    assert!(added.contains("Vera") && added.contains("\\# broken out"), "{added}");
    assert!(
        added.ends_with(")\n") && added.contains("\n[Read it in the portal]("),
        "it ends as it does without: {added}"
    );
    let text = otto.get(&format!("/api/v1/publications/{publication}?format=text")).body;
    let (_, added) = text.split_once("\nADDED SINCE\n").expect("what was added");
    let mut lines = added.lines().skip_while(|line| !line.ends_with("Vera:")).skip(1);
    let theirs: Vec<_> = lines.by_ref().take_while(|line| *line != "Read it in the portal:").collect();
    assert!(
        theirs.iter().all(|line| line.is_empty() || line.starts_with("   ")),
        "no line of theirs begins as ours: {added}"
    );
    is_fed(&mut otto, &company);
    for to in ["otto@fairhaven.example", OUTSIDE] {
        // the publication, and what was added
        let is = |letter: &&Letter| letter.to == to && letter.html.is_some();
        let letters = mail.until(|all| all.iter().filter(is).count() >= 2);
        letters.iter().filter(is).for_each(is_sealed);
    }
}

/// Looks at a page of wins: it answers, and nothing on it is alive.
fn is_read(session: &mut Client, path: &str) {
    let answer = session.get(path);
    assert!(answer.status < 500, "{path}: {} {}", answer.status, answer.body);
    is_dead(path, &answer.body);
    is_inert(path, &answer.body);
}

/// Nothing is fetched or styled that people brought along.
fn is_inert(what: &str, body: &str) {
    for alive in ["<style>*", "<img", "evil.example/p.png\"", "<h1>broken out"] {
        assert!(!body.contains(alive), "{what} has {alive}: {body}");
    }
}

/// The feed is one piece of XML, and what a reader makes of it is dead.
fn is_fed(otto: &mut Client, company: &Company) {
    let url = word(&post(otto, "/wins-feeds", &json!({}))["url"]);
    let at = url.find("/feeds/").expect("a path");
    let feed = company.portal.stranger().get(&url[at..]);
    assert_eq!(feed.status, 200, "{}", feed.body);
    assert_eq!(feed.header("cache-control"), Some("private, no-cache"));
    let tag = feed.header("etag").expect("a tag");
    let again = company.portal.stranger().send("GET", &url[at..], &[("If-None-Match", tag)], b"");
    assert_eq!((again.status, again.header("cache-control")), (304, Some("private, no-cache")));
    is_dead("the feed", &feed.body);
    assert!(feed.body.contains("Added since"), "{}", feed.body);
    let mut pieces = 0;
    for piece in feed.body.split("<content").skip(1) {
        let (piece, _) = piece.split_once("</content>").expect("its end");
        let html = piece
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&amp;", "&");
        is_dead("what a reader of the feed shows", &html);
        assert!(!html.contains("<img") && !html.contains("<style"), "{html}");
        pieces += 1;
    }
    assert!(pieces > 0, "{}", feed.body);
    assert_eq!(feed.body.matches("</feed>").count(), 1, "{}", feed.body);
}

/// A letter has the headers it was given, its two parts, and nothing alive in the one that is shown.
fn is_sealed(letter: &Letter) {
    assert!(!letter.head.to_lowercase().lines().any(|line| line.starts_with("bcc")), "{}", letter.head);
    let html = letter.html.as_deref().expect("HTML");
    is_dead("a letter", html);
    assert!(!html.contains("<img") && !html.contains("<style>*") && !html.contains("<script"), "{html}");
    assert!(letter.text.contains("broken out"), "the text is there as it was written: {}", letter.text);
}

/// Nothing of it is markup, and no secret that was typed is in it.
fn is_dead(path: &str, body: &str) {
    for alive in [
        "<script>alert",
        "<img src=x",
        "onerror=alert(2)>'\"",
        "href=\"javascript:",
        "s3cret-pin",
        "<b>x",
        "<i>y",
    ] {
        assert!(!body.contains(alive), "{path} gives back {alive}");
    }
}

/// What is somebody's own cannot be had by knowing its number or key.
#[test]
fn drafts_and_credentials_are_not_had_by_their_numbers() {
    let portal = Portal::demo();
    let mut priya = portal.with_token("priya.nair", "write");
    let document = serde_json::json!({
        "apiVersion": "portolan.dev/v1", "kind": "Offering", "metadata": { "name": "keys" },
        "spec": {
            "owner": "basket", "stage": "general", "experience": "call-an-api", "sharing": "shared-code",
            "parameters": { "type": "object", "properties": { "name": { "type": "string" } } },
            "steps": [{ "id": "wait", "uses": "wait", "with": { "seconds": 0 } }],
            "outputs": [{ "name": "key", "value": "key-of-${{ params.name }}", "secret": true }],
        },
    });
    assert_eq!(priya.json("POST", "/api/v1/offerings", &document).status, 201);
    let new = serde_json::json!({ "offering": "keys", "params": { "name": "mine-alone" } });
    let number = |answer: crate::support::http::Answer| {
        assert_eq!(answer.status, 201, "{}", answer.body);
        serde_json::from_str::<serde_json::Value>(&answer.body).expect("JSON")["number"].to_string()
    };
    let draft = number(priya.json("POST", "/api/v1/provisioning-drafts", &new));
    // somebody of the same team, somebody of another one, and an admin
    for other in ["maya.chen", "wouter.smit", "noor.vandenberg"] {
        let scope = if other == "noor.vandenberg" { "admin" } else { "write" };
        let (mut browser, mut api) = (portal.signed_in(other), portal.with_token(other, scope));
        let page = format!("/provision/requests/{draft}");
        for path in [
            page.clone(),
            format!("{page}/parts"),
            format!("{page}/log"),
            format!("/provision/keys?draft={draft}"),
            format!("/provision/keys?again={draft}"),
        ] {
            let answer = browser.get(&path);
            assert!(
                answer.status == 404 && !answer.body.contains("mine-alone"),
                "{other} {path}: {}",
                answer.status
            );
        }
        assert!(
            !browser.get("/provision/requests?tab=all").body.contains("mine-alone"),
            "{other} sees it in the list"
        );
        for path in ["", "/log", "/events"] {
            assert_eq!(
                api.get(&format!("/api/v1/provisioning-requests/{draft}{path}")).status,
                404,
                "{other} {path}"
            );
        }
        let drafts = "/api/v1/provisioning-drafts";
        assert_eq!(api.json("PUT", &format!("{drafts}/{draft}"), &new).status, 404, "{other}");
        assert_eq!(
            api.json("POST", &format!("{drafts}/{draft}/submission"), &serde_json::json!({})).status,
            404,
            "{other}"
        );
        assert_eq!(api.send("DELETE", &format!("{drafts}/{draft}"), &[], b"").status, 404, "{other}");
    }
    let path = format!("/api/v1/provisioning-drafts/{draft}/submission");
    assert_eq!(priya.json("POST", &path, &serde_json::json!({})).status, 200);
    let began = Instant::now();
    let resource = loop {
        let told = priya.get(&format!("/api/v1/provisioning-requests/{draft}")).body;
        let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
        if let Some(id) = told["resource"].as_str() {
            break id.to_owned();
        }
        assert!(began.elapsed() < Duration::from_mins(1), "{told}");
        std::thread::sleep(Duration::from_millis(100));
    };
    let mut outsider = portal.signed_in("wouter.smit");
    let csrf = form_to(&outsider.get("/").body, "/preferences")
        .fields
        .into_iter()
        .find(|f| f.0 == "csrf")
        .expect("a token");
    let page = format!("/provision/resources/{resource}");
    let shown = outsider.post(&format!("{page}/credentials"), &[("csrf", &csrf.1)]);
    assert!(shown.status == 403 && !shown.body.contains("key-of-"), "{}", shown.body);
    assert!(!outsider.get(&page).body.contains("key-of-"));
    let mut outsider = portal.with_token("wouter.smit", "write");
    let shown =
        outsider.json("POST", &format!("/api/v1/resources/{resource}/credentials"), &serde_json::json!({}));
    assert!(shown.status == 403 && !shown.body.contains("key-of-"), "{}", shown.body);
    let own =
        priya.json("POST", &format!("/api/v1/resources/{resource}/credentials"), &serde_json::json!({}));
    assert!(
        own.status == 200 && own.body.contains("key-of-mine-alone"),
        "they were not used up: {}",
        own.body
    );
}

#[test]
fn a_write_that_another_site_caused_is_refused() {
    let portal = Portal::demo();
    let mut imke = portal.signed_in("imke.sorensen");
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let cases: &[&[(&str, &str)]] = &[
        &[form],
        &[form, ("Origin", "https://evil.example")],
        &[form, ("Sec-Fetch-Site", "cross-site")],
        &[form, ("Sec-Fetch-Site", "same-site")],
        &[form, ("Origin", "null")],
    ];
    for headers in cases {
        let answer = imke.send("POST", "/preferences", headers, b"theme=dark");
        assert_eq!(answer.status, 403, "{headers:?}: {}", answer.body);
    }
}

#[test]
fn nobody_is_sent_to_another_site() {
    let portal = Portal::demo();
    let mut imke = portal.signed_in("imke.sorensen");
    for next in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/%0d%0aSet-Cookie:a=b",
        "\\\\evil.example",
    ] {
        let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        for path in [format!("/sign-in?next={next}"), format!("/catalog?next={next}")] {
            for client in [&mut imke, &mut portal.stranger()] {
                let answer = client.get(&path);
                let to = answer.location();
                assert!(
                    to.is_empty() || (to.starts_with('/') && !to.starts_with("//") && !to.starts_with("/\\")),
                    "{path} leads to {to}"
                );
                assert!(answer.headers("set-cookie").all(|c| !c.starts_with("a=b")), "{path} sets a cookie");
            }
        }
    }
}

#[test]
fn paths_lead_out_of_no_folder() {
    let portal = Portal::demo();
    let mut stranger = portal.stranger();
    for path in [
        "/assets/../Cargo.toml",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/assets//etc/passwd",
        "/assets/..\\..\\Cargo.toml",
        "/api/docs/../../etc/passwd",
    ] {
        let answer = stranger.send("GET", path, &[], b"");
        assert!(answer.status < 500, "{path}: {}", answer.status);
        assert!(
            !answer.body.contains("[workspace]") && !answer.body.contains("root:"),
            "{path} shows a file"
        );
    }
}

#[test]
fn odd_and_endless_questions_are_answered_quickly() {
    let portal = Portal::demo();
    let mut imke = portal.signed_in("imke.sorensen");
    let mut token = portal.with_token("imke.sorensen", "read");
    let long = "x".repeat(10_000);
    let words = "checkout%20".repeat(900);
    let odd = [
        "%00",
        "a%00b",
        "%ff%fe",
        "'%3b%20drop%20table%20entity%3b--",
        "%25%25%25",
        "((((",
        "%5c",
        "%22unclosed",
        "🦀",
        &long,
        &words,
    ];
    for q in odd {
        for path in [
            format!("/search?q={q}"),
            format!("/search/quick?q={q}"),
            format!("/catalog?q={q}"),
            format!("/catalog?after={q}"),
        ] {
            let began = Instant::now();
            let answer = imke.get(&path);
            let shown: String = path.chars().take(60).collect();
            assert!(answer.status < 500, "{shown}: {} {}", answer.status, answer.body);
            assert!(began.elapsed() < Duration::from_secs(5), "{shown} took {:?}", began.elapsed());
        }
        for path in [
            format!("/api/v1/search?q={q}"),
            format!("/api/v1/entities?q={q}"),
            format!("/api/v1/entities?after={q}"),
            format!("/api/v1/entities/component/default/{q}"),
        ] {
            let answer = token.get(&path);
            assert!(
                answer.status < 500,
                "{}: {} {}",
                path.chars().take(60).collect::<String>(),
                answer.status,
                answer.body
            );
        }
    }
}

#[test]
fn bodies_that_are_too_large_or_broken_are_refused() {
    let portal = Portal::demo();
    let mut admin = portal.with_token("noor.vandenberg", "admin");
    let json = [("Content-Type", "application/json")];
    let huge = format!("{{\"entity\":\"{}\"}}", "x".repeat(40 << 20));
    assert_eq!(admin.send("POST", "/api/v1/changes", &json, huge.as_bytes()).status, 413);
    for body in [
        &b"{"[..],
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{\"entity\":1}",
        b"{\"entity\":\"a\",\"environment\":\"\\u0000\",\"version\":\"1\"}",
    ] {
        let answer = admin.send("POST", "/api/v1/changes", &json, body);
        assert!(
            (400..500).contains(&answer.status),
            "{:?}: {}",
            String::from_utf8_lossy(body),
            answer.status
        );
        assert!(
            answer.header("content-type").is_some_and(|t| t.starts_with("application/problem+json")),
            "{}",
            answer.body
        );
    }
    let mut imke = portal.signed_in("imke.sorensen");
    let form = [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")];
    let answer = imke.send("POST", "/preferences", &form, "x".repeat(5 << 20).as_bytes());
    assert_eq!(answer.status, 413, "{}", answer.body);
    let mut long = form_to(&imke.get("/").body, "/preferences");
    long.fields.push(("x".to_owned(), "x".repeat(3 << 19)));
    let answer = imke.post("/preferences", &long.fields());
    assert_eq!(answer.status, 303, "the page about too large forms allows it: {}", answer.body);
}

#[test]
fn slow_senders_keep_no_connection_of_the_database() {
    let portal = Portal::demo_with_few_connections(2);
    let mut imke = portal.signed_in("imke.sorensen");
    let token = portal.with_token("imke.sorensen", "write");
    let (name, value) = imke.cookies()[0].clone();
    let host = portal.url().trim_start_matches("http://");
    let heads = [
        format!(
            "POST /preferences HTTP/1.1\r\nCookie: {name}={value}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        ),
        format!(
            "POST /api/v1/changes HTTP/1.1\r\n{}Content-Type: application/json\r\n",
            token.authorization()
        ),
        "POST /sign-in HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n".to_owned(),
    ];
    let mut slow = Vec::new();
    for head in heads.iter().cycle().take(9) {
        let mut stream = TcpStream::connect(host).expect("a connection");
        write!(stream, "{head}Host: {host}\r\nContent-Length: 1000\r\n\r\nhalf=").expect("half a request");
        slow.push(stream);
    }
    std::thread::sleep(Duration::from_millis(300));
    let began = Instant::now();
    assert_eq!(imke.get("/teams/basket").status, 200);
    assert!(began.elapsed() < Duration::from_secs(4), "a page took {:?}", began.elapsed());
    drop(slow);

    // many who sign in at once wait for each other's passwords to be hashed, and not for connections
    let guesses = (0..8).map(|n| {
        let mut stranger = portal.stranger();
        std::thread::spawn(move || {
            stranger.post("/sign-in", &[("account", &format!("guess{n}")), ("password", "x")]).status
        })
    });
    for guess in guesses.collect::<Vec<_>>() {
        assert_eq!(guess.join().expect("an answer"), 422);
    }
}
