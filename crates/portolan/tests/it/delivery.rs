//! How people are reached, with real processes: mail servers and webhooks that fail now and then, a worker that is killed
//! in the middle, a database that is restarted, two replicas. Everything told arrives at least once, or says why not.

use std::{
    collections::BTreeMap,
    thread::sleep,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use nix::sys::signal::{Signal, kill};
use portolan_domain::{
    Call, PersonId, TeamId,
    notify::{self, About, EndpointFormat, Notice, Recipient, State},
    people::{self, NewPerson, NewTeam},
    sealing::SealingKey,
};
use sha2::Sha256;
use uuid::Uuid;

use crate::support::{
    database::as_system,
    http::Client,
    mail::{MailServer, Mood},
    page::form_to,
    portal::Portal,
    process::{PATIENCE, Process, data_folder, processes_in},
    sink::Sink,
};

const FROM: &str = "Portolan <portal@fairhaven.example>";

/// People by their numbers.
async fn hire(mut call: Call, number: usize) -> Vec<PersonId> {
    let mut hired = Vec::new();
    for n in 0..number {
        let (handle, name) = (format!("person-{n}"), format!("Person {n}"));
        let email = format!("person-{n}@fairhaven.example");
        let new = NewPerson { handle, name, email, ..NewPerson::default() };
        hired.push(people::create_person(&mut call.cx(), new).await.expect("a person").id);
    }
    hired
}

/// Tells each of these people so many things, all in one transaction, and returns what each thing is called.
async fn tell(mut call: Call, whom: Vec<Recipient>, things: usize) {
    let notices = whom.iter().enumerate().flat_map(|(n, to)| {
        (0..things).map(move |thing| {
            let about = About::new("test", Uuid::from_u128((n * 1000 + thing) as u128 + 1));
            Notice::new(
                to.clone(),
                "test.told",
                format!("thing {thing} of {n};"),
                format!("/x/{thing}"),
                about,
            )
        })
    });
    notify::send_all(&mut call.cx(), notices.collect()).await.expect("told");
}

/// How all notices stand.
fn states(url: &str, whom: usize, things: usize) -> BTreeMap<&'static str, usize> {
    as_system(url, async move |mut call| {
        let mut all = BTreeMap::new();
        for n in 0..whom {
            for thing in 0..things {
                let about = About::new("test", Uuid::from_u128((n * 1000 + thing) as u128 + 1));
                for told in notify::state_of(&mut call.cx(), &about).await.expect("its state") {
                    let state = match told.state {
                        State::Pending => "pending",
                        State::Delivered => "delivered",
                        State::Failed => "failed",
                    };
                    *all.entry(state).or_default() += 1;
                }
            }
        }
        all
    })
}

/// Waits until nothing is pending any more.
fn until_settled(url: &str, whom: usize, things: usize) -> BTreeMap<&'static str, usize> {
    let began = Instant::now();
    loop {
        let now = states(url, whom, things);
        if !now.contains_key("pending") {
            return now;
        }
        assert!(began.elapsed() < PATIENCE, "{now:?}");
        sleep(Duration::from_millis(500));
    }
}

/// How often each thing was told to each person; everybody's letters are theirs alone.
fn told(mail: &MailServer, whom: usize, things: usize) -> Vec<usize> {
    let letters = mail.letters();
    let mut times = vec![0; whom * things];
    for letter in &letters {
        let number = letter.to.trim_start_matches("person-").split('@').next().and_then(|n| n.parse().ok());
        let n: usize = number.unwrap_or_else(|| panic!("a letter to {}", letter.to));
        for thing in 0..things {
            let words = format!("thing {thing} of ");
            for (at, _) in letter.text.match_indices(&words) {
                assert!(letter.text[at + words.len()..].starts_with(&format!("{n};")), "{}", letter.text);
                times[n * things + thing] += 1;
            }
        }
    }
    times
}

#[test]
fn a_worker_that_is_killed_is_relieved_and_nothing_is_lost() {
    const PEOPLE: usize = 60;
    const THINGS: usize = 5;
    let mail = MailServer::start(Mood::NowAndThen);
    let settings = [("PORTOLAN_SMTP_URL", mail.url()), ("PORTOLAN_MAIL_FROM", FROM.to_owned())];
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let mut first = Portal::empty_with(&settings);
    let whom = first.as_system(|call| hire(call, PEOPLE));
    let _second = first.replica(&settings);

    mail.be(Mood::Hanging);
    first.as_system(move |call| tell(call, whom.into_iter().map(Recipient::Person).collect(), THINGS));
    mail.until(|letters| letters.len() >= 8);
    first.process().signal(Signal::SIGKILL);
    first.process().wait();
    let at_the_kill = mail.letters().len();
    mail.be(Mood::NowAndThen);

    let url = first.database_url().to_owned();
    assert_eq!(until_settled(&url, PEOPLE, THINGS), BTreeMap::from([("delivered", PEOPLE * THINGS)]));
    let times = told(&mail, PEOPLE, THINGS);
    assert!(times.iter().all(|n| *n >= 1), "something never arrived: {times:?}");
    // a letter comes again if nobody could say that it is there: the mail server did not, or the dead process
    let twice = mail.letters().len() - PEOPLE;
    assert!(
        twice <= mail.unsaid() + at_the_kill,
        "{twice} letters too many; {} were not acknowledged, {at_the_kill} were under way",
        mail.unsaid()
    );
    assert!(at_the_kill <= 16, "no more run at once than there is room: {at_the_kill}");
}

#[test]
fn a_database_that_is_restarted_holds_nothing_up_for_long() {
    const PEOPLE: usize = 30;
    const THINGS: usize = 3;
    let mail = MailServer::start(Mood::Good);
    let data = data_folder();
    let settings = [("PORTOLAN_SMTP_URL", mail.url()), ("PORTOLAN_MAIL_FROM", FROM.to_owned())];
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let folder = data.path().to_str().unwrap();
    let _portal = Process::start_with(&["--data-dir", folder], &settings);
    let url = format!("postgres://portolan@localhost/portolan?host={folder}/run");
    let whom = as_system(&url, |call| hire(call, PEOPLE));
    as_system(&url, move |call| tell(call, whom.into_iter().map(Recipient::Person).collect(), THINGS));
    mail.until(|letters| letters.len() >= 3);
    let postgres = processes_in(&data.path().join("pg"));
    for pid in postgres {
        let _ = kill(pid, Signal::SIGKILL);
    }
    mail.until(|letters| {
        letters.iter().map(|l| &l.to).collect::<std::collections::BTreeSet<_>>().len() == PEOPLE
    });
    sleep(Duration::from_secs(2));
    assert_eq!(until_settled(&url, PEOPLE, THINGS), BTreeMap::from([("delivered", PEOPLE * THINGS)]));
    let times = told(&mail, PEOPLE, THINGS);
    assert!(times.iter().all(|n| *n >= 1), "something never arrived: {times:?}");
    assert!(
        mail.letters().len() <= PEOPLE + 8,
        "sent again is only what was under way: {}",
        mail.letters().len()
    );
}

#[test]
fn a_letter_is_one_that_mail_programs_understand() {
    let mail = MailServer::start(Mood::Good);
    let portal = Portal::empty_with(&[("PORTOLAN_SMTP_URL", &mail.url()), ("PORTOLAN_MAIL_FROM", FROM)]);
    let whom = portal.as_system(|call| hire(call, 1));
    let (to, about) = (Recipient::Person(whom[0]), About::new("test", Uuid::nil()));
    let notice = Notice {
        text: "Zoë says:\n.\nit is slow".into(),
        reason: "You are on call.".into(),
        ..Notice::new(to, "test.told", "checkout\r\nBcc: everybody@fairhaven.example", "/pages/7", about)
    };
    portal
        .as_system(async move |mut call| notify::send(&mut call.cx(), notice).await.map(drop).expect("told"));
    let letters = mail.until(|letters| !letters.is_empty());
    let letter = &letters[0];
    assert_eq!(letter.to, "person-0@fairhaven.example");
    assert_eq!(letter.header("From"), Some(FROM));
    assert_eq!(letter.header("Subject"), Some("checkout Bcc: everybody@fairhaven.example"));
    assert_eq!(letter.header("Auto-Submitted"), Some("auto-generated"));
    assert!(letter.header("Date").is_some() && letter.header("Bcc").is_none(), "{}", letter.head);
    assert!(
        letter.header("Message-ID").is_some_and(|id| id.ends_with("@fairhaven.example>")),
        "{}",
        letter.head
    );
    let link = format!("{}/pages/7", portal.url());
    for words in ["Zoë says:\n.\nit is slow", "You are on call.", &link] {
        assert!(letter.text.contains(words), "{words:?} is not in {}", letter.text);
    }
}

#[test]
fn what_cannot_be_delivered_says_why() {
    let mail = MailServer::start(Mood::Refusing);
    for (settings, why) in [
        (
            vec![("PORTOLAN_SMTP_URL", mail.url()), ("PORTOLAN_MAIL_FROM", FROM.to_owned())],
            "5.1.1 nobody of that name",
        ),
        (vec![], "no mail server is set; the operator sets PORTOLAN_SMTP_URL"),
    ] {
        let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let portal = Portal::empty_with(&settings);
        let whom = portal.as_system(|call| hire(call, 1));
        portal.as_system(move |call| tell(call, vec![Recipient::Person(whom[0])], 1));
        assert_eq!(until_settled(portal.database_url(), 1, 1), BTreeMap::from([("failed", 1)]));
        let told = portal.as_system(async |mut call| {
            notify::state_of(&mut call.cx(), &About::new("test", Uuid::from_u128(1)))
                .await
                .expect("its state")
        });
        assert!(told[0].error.as_ref().is_some_and(|said| said.contains(why)), "{told:?}");
    }
}

/// A filter dislikes one thing of many: the others arrive, and that one says why it did not.
#[test]
fn one_thing_that_is_refused_takes_no_other_with_it() {
    const THINGS: usize = 6;
    let mail = MailServer::start(Mood::Filtering("thing 2 of"));
    let settings = [("PORTOLAN_SMTP_URL", mail.url()), ("PORTOLAN_MAIL_FROM", FROM.to_owned())];
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let portal = Portal::empty_with(&settings);
    let whom = portal.as_system(|call| hire(call, 1));
    portal.as_system(move |call| tell(call, vec![Recipient::Person(whom[0])], THINGS));
    let settled = until_settled(portal.database_url(), 1, THINGS);
    assert_eq!(settled, BTreeMap::from([("delivered", THINGS - 1), ("failed", 1)]));
    assert_eq!(told(&mail, 1, THINGS), [1, 1, 0, 1, 1, 1]);
}

/// A team with two webhooks; returns it and the secret of the one that is signed for.
async fn team_with_webhooks(mut call: Call, signed: String, chat: String, key: [u8; 32]) -> (TeamId, String) {
    let new = NewTeam { slug: "basket".into(), name: "Basket".into(), ..NewTeam::default() };
    let team = people::create_team(&mut call.cx(), new).await.expect("a team");
    let maker = people::person(&mut call.cx(), "person-0").await.expect("somebody");
    people::add_member(&mut call.cx(), "basket", "person-0", None).await.expect("a member");
    let actor =
        portolan_domain::Actor::person(&maker, portolan_domain::Scope::Admin, portolan_domain::Via::Page);
    let now = call.now();
    let mut cx = call.cx();
    let mut cx = cx.acting_at(&actor, now);
    let key = SealingKey::new(key);
    let mut make = async |name: &str, url: &str, format| {
        notify::create_endpoint(&mut cx, "basket", name, url, format, Some(&key)).await.expect("a webhook")
    };
    let secret = make("Program", &signed, EndpointFormat::Standard).await.secret.expect("a secret");
    make("Chat", &chat, EndpointFormat::Slack).await;
    (team.id, secret)
}

fn key() -> [u8; 32] {
    let mut key = [0; 32];
    hex::decode_to_slice(crate::support::portal::SECRET_KEY, &mut key).expect("hex");
    key
}

#[test]
fn webhooks_get_everything_signed_and_a_chat_gets_it_together() {
    const THINGS: usize = 20;
    let sink = Sink::failing_now_and_then();
    let portal = Portal::empty_with(&[("PORTOLAN_FETCH_ALLOW", "127.0.0.1")]);
    portal.as_system(|call| hire(call, 1));
    let (signed, chat) = (sink.url("/signed"), sink.url("/chat"));
    let (team, secret) = portal.as_system(move |call| team_with_webhooks(call, signed, chat, key()));
    portal.as_system(move |call| tell(call, vec![Recipient::Team(team)], THINGS));
    let states = until_settled(portal.database_url(), 1, THINGS);
    assert_eq!(states, BTreeMap::from([("delivered", 2 * THINGS)]));

    let taken = sink.taken();
    let mut ids = BTreeMap::<String, usize>::new();
    for delivery in taken.iter().filter(|d| d.path == "/signed") {
        let (id, at) = (delivery.header("webhook-id"), delivery.header("webhook-timestamp"));
        let key = STANDARD.decode(secret.trim_start_matches("whsec_")).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{id}.{at}.{}", delivery.body).as_bytes());
        let right = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        assert_eq!(delivery.header("webhook-signature"), right);
        let body = delivery.json();
        assert_eq!(body["data"]["id"].as_str(), Some(id), "the id is the notice's, also when it comes again");
        assert_eq!(body["type"], "test.told");
        *ids.entry(body["data"]["subject"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(ids.len(), THINGS, "everything arrived: {ids:?}");
    assert!(ids.values().sum::<usize>() <= THINGS + sink.asked() / 10 + 1, "{ids:?}");
    let chat: Vec<_> = taken.iter().filter(|d| d.path == "/chat").collect();
    assert!((1..=2).contains(&chat.len()), "one message, or one more if it was not acknowledged");
    assert_eq!(chat[0].json()["text"].as_str().unwrap().lines().count(), THINGS);
}

#[test]
fn internal_addresses_are_not_asked_unless_the_operator_allows_it() {
    let sink = Sink::start();
    let portal = Portal::empty_with(&[]);
    portal.as_system(|call| hire(call, 1));
    let (signed, chat) = (sink.url("/signed"), sink.url("/chat").replace("127.0.0.1", "localhost"));
    let (team, _) = portal.as_system(move |call| team_with_webhooks(call, signed, chat, key()));
    portal.as_system(move |call| tell(call, vec![Recipient::Team(team)], 1));
    assert_eq!(until_settled(portal.database_url(), 1, 1), BTreeMap::from([("failed", 2)]));
    assert_eq!(sink.asked(), 0);
    let told = portal.as_system(async |mut call| {
        notify::state_of(&mut call.cx(), &About::new("test", Uuid::from_u128(1))).await.expect("its state")
    });
    assert!(
        told.iter().all(|t| t.error.as_ref().is_some_and(|why| why.contains("PORTOLAN_FETCH_ALLOW"))),
        "{told:?}"
    );
}

#[test]
fn a_team_makes_a_webhook_tries_it_and_sees_how_it_goes() {
    let sink = Sink::start();
    let portal = Portal::demo_with(&[("PORTOLAN_FETCH_ALLOW", "127.0.0.1")]);
    let mut imke = portal.signed_in("imke.sorensen");
    let page = "/teams/basket/webhooks";
    assert!(imke.get(page).body.contains("No webhook yet"));
    let form = form_to(&imke.get(page).body, page);
    let refused = imke.post(page, &form.clone().fill("name", "Till").fill("url", "ftp://x").fields());
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("Address: must be an address that begins with https://"),
        "{}",
        refused.body
    );

    let filled = form.fill("name", "Till").fill("url", &sink.url("/hook")).fill("format", "standard");
    let made = imke.post(page, &filled.fields());
    assert_eq!(made.status, 201, "{}", made.body);
    let secret = made
        .body
        .split("whsec_")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .expect("a secret")
        .to_owned();
    let list = imke.get(page).body;
    assert!(list.contains("not used yet") && !list.contains(&secret) && !list.contains("/hook"), "{list}");

    let press = |imke: &mut Client, what: &str| {
        let list = imke.get(page).body;
        let at = list.find(what).expect("a form");
        let start = list[..at].rfind(page).expect("its address");
        let action = list[start..].split('"').next().expect("an end").to_owned();
        let form = form_to(&list, &action);
        assert_eq!(imke.post(&action, &form.fields()).status, 303);
    };
    press(&mut imke, "/test\"");
    let taken = sink.until(|taken| !taken.is_empty());
    assert_eq!(taken[0].json()["type"], "webhook.tested");
    until(|| imke.get(page).body.contains("works"));

    sink.answer_with(404);
    press(&mut imke, "/test\"");
    until(|| imke.get(page).body.contains("it answered 404"));
    press(&mut imke, "/closing\"");
    let closed = imke.get(page).body;
    assert!(closed.contains("closed ") && !closed.contains("Send a test"), "{closed}");
    assert!(imke.get("/activity?subject=team%3Abasket").body.contains("webhook"));
}

#[test]
fn the_settings_page_says_how_people_are_reached() {
    let portal = Portal::demo_with(&[]);
    let mut noor = portal.signed_in("noor.vandenberg");
    assert!(noor.get("/settings").body.contains("No mail server is set."));
    let about = About::new("test", Uuid::nil());
    portal.as_system(async |mut call| {
        let imke = people::person(&mut call.cx(), "imke.sorensen").await.expect("Imke");
        let notice = Notice::new(Recipient::Person(imke.id), "test.told", "a thing", "/", about);
        notify::send(&mut call.cx(), notice).await.map(drop).expect("told");
    });
    until(|| noor.get("/settings").body.contains("failed in the last 24 hours."));
    let with_mail =
        Portal::demo_with(&[("PORTOLAN_SMTP_URL", "smtp://127.0.0.1:1"), ("PORTOLAN_MAIL_FROM", FROM)]);
    let page = with_mail.signed_in("noor.vandenberg").get("/settings").body;
    assert!(page.contains("portal@fairhaven.example") && !page.contains("No mail server"), "{page}");
}

fn until(mut what: impl FnMut() -> bool) {
    let began = Instant::now();
    while !what() {
        assert!(began.elapsed() < PATIENCE, "it never came to that");
        sleep(Duration::from_millis(100));
    }
}
