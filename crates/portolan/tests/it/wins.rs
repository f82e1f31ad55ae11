//! Wins and challenges as programs, terminals and readers of letters and feeds meet them: a whole cycle, over three levels.

use jiff::{ToSpan, civil::Date, tz::TimeZone};
use portolan_domain::{Clock, wins};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection};

use crate::support::{
    database::apart,
    http::{Answer, Client},
    mail::{MailServer, Mood},
    portal::Portal,
    process,
};

/// Who may read a letter that travels outside.
pub(crate) const OUTSIDE: &str = "partner@elsewhere.example";

/// A company of three heights: Vera leads the company, Dora commerce below it, Imke the basket team below that, in which Tor is.
/// Otto leads the ledger, which takes no part. Ada is the admin. Its first cycle is open.
pub(crate) struct Company {
    pub(crate) portal: Portal,
    pub(crate) admin: Client,
}

impl Company {
    /// The company, with a plan whose cycle runs. `names` are those of Tor and of his team.
    pub(crate) fn new(mail: &MailServer, tor: &str, basket: &str) -> Self {
        let url = mail.url();
        let from = "Portolan <portal@fairhaven.example>";
        let portal = Portal::empty_with(&[("PORTOLAN_SMTP_URL", &url), ("PORTOLAN_MAIL_FROM", from)]);
        portal.make_admin("ada");
        let admin = portal.with_token("ada", "admin");
        let mut company = Self { portal, admin };
        for (handle, name) in
            [("vera", "Vera"), ("dora", "Dora"), ("imke", "Imke"), ("tor", tor), ("otto", "Otto")]
        {
            let email = format!("{handle}@fairhaven.example");
            company.make("/people", &json!({ "handle": handle, "name": name, "email": email }));
        }
        for team in [
            json!({ "slug": "company", "name": "Company", "lead": "vera" }),
            json!({ "slug": "commerce", "name": "Commerce", "lead": "dora", "parent": "company" }),
            json!({ "slug": "basket", "name": basket, "lead": "imke", "parent": "commerce" }),
            json!({ "slug": "ledger", "name": "Ledger", "lead": "otto" }),
        ] {
            company.make("/teams", &team);
        }
        for handle in ["imke", "tor"] {
            company.make("/teams/basket/members", &json!({ "person": handle }));
        }
        let plan = json!({ "name": "Every two weeks", "root": "company", "anchor": monday().to_string(), "time_zone": "UTC" });
        company.make("/wins-plans", &plan);
        company.turn();
        company
    }

    /// Makes something as the admin.
    pub(crate) fn make(&mut self, path: &str, body: &Value) -> Value {
        let answer = self.admin.json("POST", &format!("/api/v1{path}"), body);
        assert_eq!(answer.status, 201, "{path} {body}: {}", answer.body);
        read(&answer)
    }

    /// Gives the company another slug.
    fn slug_of_root_is(&self, slug: &str) {
        let (url, slug) = (self.portal.database_url().to_owned(), slug.to_owned());
        apart(async move {
            let mut connection = PgConnection::connect(&url).await.expect("the database");
            let renamed = sqlx::query("UPDATE team SET slug = $1 WHERE name = 'Company'");
            renamed.bind(slug).execute(&mut connection).await.expect("it is renamed");
        });
    }

    /// What happens by itself, happens now.
    pub(crate) fn turn(&self) {
        self.portal.as_system(async |mut call| wins::turn(&mut call.cx()).await.expect("it turns"));
    }

    /// Somebody with a token that writes.
    pub(crate) fn writer(&self, handle: &str) -> Client {
        self.portal.with_token(handle, "write")
    }

    /// A list of readers of what the company publishes: Otto, and somebody outside.
    pub(crate) fn readers(&mut self) {
        let list = self.make("/teams/company/audience-lists", &json!({ "name": "Friends" }));
        let members = format!("/audience-lists/{}/members", word(&list["id"]));
        self.make(&members, &json!({ "person": "otto" }));
        self.make(&members, &json!({ "email": OUTSIDE }));
    }

    /// Lifts all that a team was handed, and hands it up; the keys of the lines, wins first.
    pub(crate) fn lift_all(&self, team: &str, lead: &str) -> Vec<String> {
        let mut lead = self.writer(lead);
        let update = word(&get(&mut lead, &format!("/teams/{team}/update"))["id"]);
        let below = get(&mut lead, &format!("/updates/{update}/selection"));
        let offered = below["items"].as_array().expect("updates").iter();
        let entries: Vec<_> = offered
            .flat_map(|one| one["entries"].as_array().expect("entries"))
            .map(|entry| entry["id"].clone())
            .collect();
        let lines = post(&mut lead, &format!("/updates/{update}/selection"), &json!({ "entries": entries }));
        post(&mut lead, &format!("/updates/{update}/submission"), &json!({}));
        lines["items"].as_array().expect("lines").iter().map(|line| word(&line["id"])).collect()
    }
}

/// The Monday of this week.
fn monday() -> Date {
    let today = Clock::system().now().to_zoned(TimeZone::UTC).date();
    today - i64::from(today.weekday().to_monday_zero_offset()).days()
}

fn read(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).expect("JSON")
}

pub(crate) fn word(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

pub(crate) fn get(client: &mut Client, path: &str) -> Value {
    let answer = client.get(&format!("/api/v1{path}"));
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    read(&answer)
}

pub(crate) fn post(client: &mut Client, path: &str, body: &Value) -> Value {
    let answer = client.json("POST", &format!("/api/v1{path}"), body);
    assert!((200..300).contains(&answer.status), "{path} {body}: {} {}", answer.status, answer.body);
    read(&answer)
}

/// What the program prints for somebody at a terminal; the key of the entry that it made.
fn jotted(company: &Company, handle: &str, arguments: &[&str]) -> String {
    let token = process::create_token(handle, "write", &["--database-url", company.portal.database_url()]);
    let made = process::portolan()
        .args(arguments)
        .env("PORTOLAN_URL", company.portal.url())
        .env("PORTOLAN_TOKEN", token)
        .output()
        .expect("the program runs");
    assert!(made.status.success(), "{}", process::stderr(&made));
    let told = process::stdout(&made);
    let (_, key) = told.rsplit_once("/wins/entries/").unwrap_or_else(|| panic!("no address in {told}"));
    key.to_owned()
}

#[test]
fn a_cycle_goes_from_a_terminal_to_a_publication_and_its_letters() {
    let mail = MailServer::start(Mood::Good);
    let mut company = Company::new(&mail, "Tor", "Basket");
    company.readers();
    let (mut tor, mut imke, mut otto) =
        (company.writer("tor"), company.writer("imke"), company.writer("otto"));

    // jotted where the work is done; Tor's team is his only one
    let figure = "p95 of the payment step: 3.8 -> 1.9 s";
    let win = [
        "win",
        "Checkout answers in half the time",
        "--result",
        "Nobody waits.",
        "--number",
        figure,
        "--topic",
        "metric",
    ];
    let win = jotted(&company, "tor", &win);
    let hard =
        jotted(&company, "tor", &["challenge", "Refunds wait for the month's end", "--names", "ledger"]);
    let stays = jotted(&company, "tor", &["win", "Unspoken quarrel is over", "--team", "basket", "--stays"]);
    let entry = get(&mut tor, &format!("/entries/{win}"));
    let number = json!({ "what": "p95 of the payment step", "before": "3.8", "value": "1.9", "unit": "s" });
    assert_eq!(
        (&entry["numbers"][0], &entry["topic"], &entry["author"]["handle"]),
        (&number, &json!("metric"), &json!("tor"))
    );
    assert_eq!(get(&mut tor, "/entries")["total"], 3);

    // the lead chooses, rewords and hands up; whoever read an older state is told so
    let seen = imke.get("/api/v1/teams/basket/update");
    let (update, tag) = (word(&read(&seen)["id"]), seen.header("etag").expect("a tag").to_owned());
    let entries = format!("/api/v1/updates/{update}/entries");
    let choosing = json!({ "entries": [win, hard, stays] }).to_string();
    let headers = [("Content-Type", "application/json"), ("If-Match", tag.as_str())];
    let chosen = imke.send("POST", &entries, &headers, choosing.as_bytes());
    assert_eq!(chosen.status, 200, "{}", chosen.body);
    assert_eq!(imke.send("POST", &entries, &headers, choosing.as_bytes()).status, 412);
    let reworded = json!({ "summary": "Checkout answers twice as fast" });
    let edited = imke.json("PATCH", &format!("/api/v1/entries/{win}"), &reworded);
    assert_eq!((edited.status, &read(&edited)["result"]), (200, &json!("Nobody waits.")), "{}", edited.body);
    let quiet = |asked: &str| format!("/api/v1/updates/{update}/quiet{asked}");
    for (asked, status) in [("", 409), ("?put_back=false", 409), ("?put_back=perhaps", 422)] {
        let refused = imke.json("POST", &quiet(asked), &json!({}));
        assert_eq!(refused.status, status, "{asked}: {}", refused.body);
    }
    let submission = format!("/updates/{update}/submission");
    assert_eq!(
        tor.json("POST", &format!("/api/v1{submission}"), &json!({})).status,
        403,
        "a member does not submit"
    );
    assert_eq!(post(&mut imke, &submission, &json!({}))["state"], "submitted");

    // up two levels
    let lines = company.lift_all("commerce", "dora");
    assert_eq!(lines.len(), 2, "what stays in the team was not offered");
    let top = company.lift_all("company", "vera");
    assert_eq!(top.len(), 2);
    let mut vera = company.writer("vera");
    let cycle = word(&get(&mut vera, "/cycles")["items"][0]["slug"]);
    let update = word(&get(&mut vera, &format!("/teams/company/update?cycle={cycle}"))["id"]);
    let publication = format!("/updates/{update}/publication");
    let held = vera.json("POST", &format!("/api/v1{publication}"), &json!({}));
    assert!((400..500).contains(&held.status), "the ledger was not heard: {} {}", held.status, held.body);
    let waiting = get(&mut otto, "/challenges/namings");
    let named: Vec<_> = waiting["items"]
        .as_array()
        .expect("challenges")
        .iter()
        .map(|one| word(&one["entry"]["id"]))
        .collect();
    assert!(!named.is_empty(), "the lead of a named team is shown it");
    for entry in &named {
        let path = format!("/api/v1/challenges/{entry}/namings/ledger");
        let answered = otto.json("PUT", &path, &json!({ "text": "From December daily." }));
        assert_eq!(answered.status, 200, "{}", answered.body);
    }
    let published = post(&mut vera, &publication, &json!({}));
    let id = word(&published["id"]);

    let line =
        top.iter().find(|key| get(&mut vera, &format!("/entries/{key}"))["kind"] == "win").expect("a win");
    is_read_in_every_form(&mut otto, &id);
    is_traced(&mut vera, &mut tor, line, &win);
    stays_in_the_team(&company, &stays, &id);
    is_talked_about(&mut otto, &mut tor, &id, line);

    // a challenge is open until it is closed, and its end is a win
    assert_eq!(get(&mut tor, "/challenges?open")["total"], 1);
    let closed = post(
        &mut tor,
        &format!("/challenges/{hard}/closing"),
        &json!({ "how": "solved", "note": "Daily now." }),
    );
    let offered = get(&mut tor, &format!("/entries/{}", word(&closed["win"])));
    assert_eq!((&offered["kind"], &offered["update"]), (&json!("win"), &Value::Null));
    assert_eq!(get(&mut tor, "/challenges")["total"], 0);
    assert_eq!(get(&mut tor, "/challenges?state=closed")["total"], 1);

    are_sent(&mail);
}

fn is_read_in_every_form(reader: &mut Client, id: &str) {
    let path = format!("/api/v1/publications/{id}");
    let told = get(reader, &format!("/publications/{id}"));
    let document = &told["document"];
    assert_eq!(document["wins"][0]["summary"], "Checkout answers twice as fast");
    assert_eq!(document["challenges"][0]["summary"], "Refunds wait for the month's end");

    let bytes = reader.get(&format!("{path}?format=document"));
    let hash = hex::encode(Sha256::digest(bytes.body.as_bytes()));
    assert_eq!(
        (hash.as_str(), bytes.header("etag")),
        (told["hash"].as_str().expect("a hash"), Some(format!("\"{hash}\"").as_str()))
    );
    let known = format!("\"{hash}\"");
    let again = reader.send("GET", &format!("{path}?format=document"), &[("If-None-Match", &known)], b"");
    assert_eq!((again.status, again.body.as_str()), (304, ""));

    for (form, kind) in [("markdown", "text/markdown"), ("text", "text/plain")] {
        let named = reader.get(&format!("{path}?format={form}"));
        let taken = reader.send("GET", &path, &[("Accept", kind)], b"");
        assert_eq!(named.body, taken.body, "{form}");
        assert!(named.header("content-type").expect("a type").starts_with(kind), "{form}");
        for words in ["Checkout answers twice as fast", "3.8 → 1.9 s", "Refunds wait"] {
            assert!(named.body.contains(words), "{words} is not in {}", named.body);
        }
    }
    assert_eq!(reader.get(&format!("{path}?format=pdf")).status, 422);
}

fn is_traced(vera: &mut Client, tor: &mut Client, line: &str, origin: &str) {
    let from = get(vera, &format!("/entries/{line}/provenance"));
    let middle = &from["origins"][0];
    assert_eq!(middle["entry"]["team"]["slug"], "commerce");
    assert_eq!(middle["origins"][0]["entry"]["id"], origin);
    let lifted = get(tor, &format!("/entries/{origin}/lifted"));
    let teams: Vec<_> =
        lifted["items"].as_array().expect("lines").iter().map(|one| word(&one["team"]["slug"])).collect();
    assert_eq!(teams, ["commerce", "company"]);
}

fn stays_in_the_team(company: &Company, stays: &str, publication: &str) {
    const WORD: &str = "quarrel";
    for handle in ["dora", "vera", "otto", "ada"] {
        let mut other = company.writer(handle);
        assert_eq!(other.get(&format!("/api/v1/entries/{stays}")).status, 404, "{handle}");
        for path in [
            format!("/archive?q={WORD}"),
            format!("/publications/{publication}"),
            "/teams/basket/wins".to_owned(),
            "/wins-year".to_owned(),
            "/publications".to_owned(),
        ] {
            let answer = other.get(&format!("/api/v1{path}"));
            assert!(!answer.body.to_lowercase().contains(WORD), "{handle} {path}: {}", answer.body);
        }
        let feed = post(&mut other, "/wins-feeds", &json!({}));
        let url = word(&feed["url"]);
        let at = url.find("/feeds/").expect("a path");
        let told = company.portal.stranger().get(&url[at..]);
        assert_eq!(told.status, 200, "{}", told.body);
        assert!(!told.body.to_lowercase().contains(WORD), "{handle}: {}", told.body);
        assert!(told.body.contains("Checkout answers twice as fast"), "{handle}: {}", told.body);
    }
    let mut tor = company.writer("tor");
    assert_eq!(get(&mut tor, &format!("/archive?q={WORD}"))["total"], 1, "those in the team find it");
}

fn is_talked_about(otto: &mut Client, tor: &mut Client, publication: &str, line: &str) {
    let path = format!("/publications/{publication}/words");
    let thanks = post(otto, &path, &json!({ "line": line, "kind": "thanks", "text": "It shows." }));
    post(otto, &path, &json!({ "line": line, "kind": "question", "text": "On all devices?" }));
    post(tor, &path, &json!({ "line": line, "kind": "answer", "text": "On all." }));
    let words = get(tor, &path);
    let kinds: Vec<_> =
        words["items"].as_array().expect("words").iter().map(|one| word(&one["kind"])).collect();
    assert_eq!(kinds, ["thanks", "question", "answer"]);
    let own = format!("/api/v1/wins-words/{}", word(&thanks["id"]));
    assert!(tor.send("DELETE", &own, &[], b"").status >= 400, "nobody takes away what others said");
    assert_eq!(otto.send("DELETE", &own, &[], b"").status, 204);
    let year = tor.get("/api/v1/wins-year?format=markdown");
    assert!(year.status == 200 && year.body.contains("Checkout answers twice as fast"), "{}", year.body);
}

/// The letters of the publication, read as people read them.
fn are_sent(mail: &MailServer) {
    let about = |to: &'static str| {
        let is = move |letter: &&crate::support::mail::Letter| letter.to == to && letter.html.is_some();
        let all = mail.until(|letters| letters.iter().any(|one| is(&one)));
        all.iter().find(is).expect("it").clone()
    };
    let inside = about("otto@fairhaven.example");
    let subject = inside.header("subject").expect("a subject");
    assert!(subject.contains("Company") && subject.contains("eek"), "{subject}");
    for words in [
        "Checkout answers twice as fast",
        "3.8 → 1.9 s",
        "Refunds wait for the month's end",
        "/wins/company/",
    ] {
        assert!(inside.text.contains(words), "{words} is not in {}", inside.text);
    }
    assert!(inside.text.lines().all(|line| line.chars().count() <= 200), "{}", inside.text);
    let html = inside.html.expect("HTML");
    assert!(html.contains("Checkout answers twice as fast") && !html.contains("quarrel"), "{html}");

    let outside = about(OUTSIDE);
    assert!(outside.text.contains("Checkout answers twice as fast"), "{}", outside.text);
    for hidden in ["Tor", "Imke", "quarrel", "/teams/"] {
        assert!(!outside.text.contains(hidden), "{hidden} goes outside: {}", outside.text);
        assert!(
            !outside.html.as_ref().expect("HTML").contains(hidden),
            "{hidden} goes outside: {:?}",
            outside.html
        );
    }
    let stop = outside.header("list-unsubscribe").expect("how to stop it");
    let stop = stop.trim_matches(['<', '>']);
    assert!(stop.contains("/wins/stop/") && outside.text.contains(stop), "{stop}: {}", outside.text);
}

/// Whoever reads letters outside stops them by the link of an older one, in one press or by their program.
#[test]
fn the_link_of_any_letter_stops_them() {
    let mail = MailServer::start(Mood::Good);
    let mut company = Company::new(&mail, "Tor", "Basket");
    company.readers();
    let mut vera = company.writer("vera");
    let update = word(&get(&mut vera, "/teams/company/update")["id"]);
    post(&mut vera, "/entries", &json!({ "team": "company", "summary": "Two ships at once" }));
    let waiting = get(&mut vera, &format!("/updates/{update}/entries"))["waiting"][0]["id"].clone();
    post(&mut vera, &format!("/updates/{update}/entries"), &json!({ "entries": [waiting] }));
    post(&mut vera, &format!("/updates/{update}/submission"), &json!({}));
    let publication = word(&post(&mut vera, &format!("/updates/{update}/publication"), &json!({}))["id"]);
    let outside = |count: usize| {
        let all = mail.until(|letters| letters.iter().filter(|letter| letter.to == OUTSIDE).count() >= count);
        let all = all.into_iter().filter(|letter| letter.to == OUTSIDE);
        all.map(|letter| {
            assert_eq!(letter.header("list-unsubscribe-post"), Some("List-Unsubscribe=One-Click"));
            let link = letter
                .header("list-unsubscribe")
                .expect("how to stop it")
                .trim_matches(['<', '>'])
                .to_owned();
            link[link.find("/wins/stop/").expect("the page")..].to_owned()
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(outside(1).len(), 1);
    let addenda = format!("/publications/{publication}/addenda");
    post(&mut vera, &addenda, &json!({ "text": "It were three." }));
    let links = outside(2);
    assert_ne!(links[0], links[1]);
    let mut program = company.portal.stranger();
    let typed = [("Content-Type", "application/x-www-form-urlencoded")];
    let parts = [("Content-Type", "multipart/form-data; boundary=b")];
    let body =
        b"--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    for (link, form) in links.into_iter().zip([typed, parts]) {
        assert_eq!(program.get(&link).status, 200, "it asks first");
        let stopped = program.send(
            "POST",
            &link,
            &form,
            if form == typed { b"List-Unsubscribe=One-Click" } else { &body[..] },
        );
        assert!(stopped.status == 200 && stopped.body.contains("Company"), "{}", stopped.body);
        let again = program.get(&link);
        assert!(again.status == 200 && again.body.contains("You are sent no more letters"), "{}", again.body);
    }
    assert_eq!(program.get("/wins/stop/pts_nothing").status, 410, "of no letter");
    post(&mut vera, &addenda, &json!({ "text": "It were four." }));
    mail.until(|letters| {
        letters.iter().filter(|l| l.to == "otto@fairhaven.example" && l.html.is_some()).count() >= 3
    });
    assert_eq!(outside(2).len(), 2, "nothing more is sent");
}

/// A team that is called as a page of wins is called still has its publications at their address.
#[test]
fn teams_may_be_called_as_pages_are() {
    let mail = MailServer::start(Mood::Good);
    let company = Company::new(&mail, "Tor", "Basket");
    let mut vera = company.writer("vera");
    let update = word(&get(&mut vera, "/teams/company/update")["id"]);
    post(&mut vera, &format!("/updates/{update}/quiet"), &json!({}));
    post(&mut vera, &format!("/updates/{update}/publication"), &json!({}));
    let cycle = word(&get(&mut vera, "/cycles")["items"][0]["slug"]);
    let mut session = company.portal.signed_in("vera");
    for slug in ["updates", "entries", "cycles", "stop", "archive", "publications"] {
        company.slug_of_root_is(slug);
        let page = session.get(&format!("/wins/{slug}/{cycle}"));
        assert!(
            page.status == 200 && page.body.contains("<title>Company, week"),
            "{slug}: {} {}",
            page.status,
            page.body
        );
        let text = session.get(&format!("/wins/{slug}/{cycle}.txt"));
        assert!(text.status == 200 && text.body.starts_with("Company, week"), "{slug}: {}", text.body);
        let stranger = company.portal.stranger().get(&format!("/wins/{slug}/{cycle}"));
        assert_eq!(stranger.status, 303, "{slug}: who is not signed in is led to sign in");
    }
    assert_eq!(session.get(&format!("/wins/updates/{update}")).status, 200);
}

#[test]
fn a_command_says_why_an_entry_was_not_taken() {
    let mail = MailServer::start(Mood::Good);
    let company = Company::new(&mail, "Tor", "Basket");
    let token = process::create_token("otto", "write", &["--database-url", company.portal.database_url()]);
    let say = |arguments: &[&str]| {
        let said = process::portolan()
            .args(arguments)
            .env("PORTOLAN_URL", company.portal.url())
            .env("PORTOLAN_TOKEN", &token)
            .output()
            .expect("the program runs");
        assert!(!said.status.success(), "{}", process::stdout(&said));
        process::stderr(&said)
    };
    let other = say(&["win", "Not mine", "--team", "basket"]);
    assert!(other.contains("the portal refused"), "{other}");
    let figure = say(&["win", "A figure", "--number", "pages: -> 9"]);
    assert!(figure.contains("needs digits"), "{figure}");
    let both = say(&["win", "x", "--stays", "--up"]);
    assert!(both.contains("cannot be used with"), "{both}");
}
