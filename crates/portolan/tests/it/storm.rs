//! A storm: two thousand tellings of five hundred alerts by senders that repeat what failed, while mail and webhooks fail
//! now and then, the process is killed and its database too. Every page reaches its person; what is told twice is counted.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, sleep},
    time::{Duration, Instant},
};

use nix::sys::signal::{Signal, kill};
use portolan_domain::{
    Actor, Call, Limit, Scope, Via,
    notify::{self, EndpointFormat},
    paging::{self, Filter, IntegrationKind, NewIntegration, NewPolicy, NewStep, NewTarget, Paged, State},
    people::{self, NewPerson, NewTeam},
    sealing::SealingKey,
};
use serde_json::json;

use crate::support::{
    database::as_system,
    mail::{MailServer, Mood},
    portal::SECRET_KEY,
    process::{Process, data_folder, processes_in},
    sink::Sink,
};

const TEAMS: usize = 10;
/// Different alerts, each told so many times.
const ALERTS: usize = 500;
const TIMES: usize = 4;
const SENDERS: usize = 8;
/// How long a sender goes on trying, and how long everything may take to arrive.
const PATIENCE: Duration = Duration::from_mins(4);

/// Ten teams with somebody each, a policy that tells them, a webhook, and an integration; the paths of these.
async fn found(mut call: Call, hook: String) -> Vec<String> {
    let mut key = [0; 32];
    hex::decode_to_slice(SECRET_KEY, &mut key).expect("hex");
    let key = SealingKey::new(key);
    let mut paths = Vec::new();
    for n in 0..TEAMS {
        let handle = format!("person-{n}");
        let email = format!("{handle}@fairhaven.example");
        let new =
            NewPerson { handle: handle.clone(), name: format!("Person {n}"), email, ..NewPerson::default() };
        let person = people::create_person(&mut call.cx(), new).await.expect("a person");
        let slug = format!("team-{n}");
        let new = NewTeam {
            slug: slug.clone(),
            name: format!("Team {n}"),
            lead: Some(handle.clone()),
            ..NewTeam::default()
        };
        people::create_team(&mut call.cx(), new).await.expect("a team");
        let now = call.now();
        let actor = Actor::person(&person, Scope::Admin, Via::Api);
        let mut cx = call.cx();
        let mut cx = cx.acting_at(&actor, now);
        let steps = vec![NewStep { to: NewTarget::Person(handle), minutes: 600 }];
        let policy = NewPolicy {
            team: slug.clone(),
            slug: slug.clone(),
            name: slug.clone(),
            is_default: true,
            steps,
            repeats: 0,
        };
        paging::create_policy(&mut cx, policy).await.expect("a policy");
        notify::create_endpoint(
            &mut cx,
            &slug,
            "Program",
            &format!("{hook}/{n}"),
            EndpointFormat::Standard,
            Some(&key),
        )
        .await
        .expect("a webhook");
        let new =
            NewIntegration { team: slug, kind: IntegrationKind::Generic, name: "Storm".into(), routes: None };
        paths.push(paging::create_integration(&mut cx, new).await.expect("an integration").path());
    }
    paths
}

/// One delivery; the status, if there was an answer.
fn deliver(address: &str, path: &str, body: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: storm\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}

/// What the senders have done so far.
#[derive(Default)]
struct Tally {
    accepted: AtomicUsize,
    attempts: AtomicUsize,
}

/// Tells every alert as often as it is told, and each of them until it is accepted, as senders do.
fn storm(address: &Arc<Mutex<String>>, paths: &[String], tally: &Arc<Tally>) -> Vec<thread::JoinHandle<()>> {
    let sender = |sender: usize| {
        let (address, paths, tally) = (Arc::clone(address), paths.to_vec(), Arc::clone(tally));
        thread::spawn(move || {
            let mine = (0..ALERTS * TIMES).filter(|n| n % SENDERS == sender);
            for n in mine {
                let alert = n % ALERTS;
                let body = json!({ "dedup_key": format!("alert-{alert}"), "status": "firing", "summary": format!("alert {alert};") });
                let began = Instant::now();
                loop {
                    let to = address.lock().expect("kept").clone();
                    tally.attempts.fetch_add(1, Ordering::SeqCst);
                    match deliver(&to, &paths[alert % TEAMS], &body.to_string()) {
                        Some(200) => break,
                        None | Some(500..) => sleep(Duration::from_millis(100)),
                        Some(other) => panic!("alert {alert} was answered {other}"),
                    }
                    assert!(began.elapsed() < PATIENCE, "alert {alert} is never taken");
                }
                tally.accepted.fetch_add(1, Ordering::SeqCst);
            }
        })
    };
    (0..SENDERS).map(sender).collect()
}

fn until(what: &str, done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        sleep(Duration::from_millis(50));
    }
}

async fn pages(mut call: Call) -> Vec<Paged> {
    let person = people::person(&mut call.cx(), "person-0").await.expect("somebody");
    let (actor, now) = (Actor::person(&person, Scope::Read, Via::Api), call.now());
    let mut cx = call.cx();
    let mut cx = cx.acting_at(&actor, now);
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = paging::list(&mut cx, &Filter::default(), after, Limit::new(200).expect("a limit"))
            .await
            .expect("pages");
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

/// How often each page was told to each mailbox: `Page 17: alert 3;` in a letter's text.
fn told(mail: &MailServer, pages: &BTreeMap<i64, Paged>) -> BTreeMap<i64, usize> {
    let mut times = BTreeMap::new();
    for letter in mail.letters() {
        for (at, words) in letter.text.match_indices("Page ") {
            let rest = &letter.text[at + words.len()..];
            let Some(number) = rest.split(':').next().and_then(|n| n.parse::<i64>().ok()) else { continue };
            let page =
                pages.get(&number).unwrap_or_else(|| panic!("page {number} never was: {}", letter.text));
            let person = page.team.slug.replace("team-", "person-");
            assert_eq!(
                letter.to,
                format!("{person}@fairhaven.example"),
                "page {number} went to somebody else"
            );
            assert!(rest.contains(&page.summary), "page {number} says something else: {}", letter.text);
            *times.entry(number).or_default() += 1;
        }
    }
    times
}

#[test]
fn every_page_of_a_storm_reaches_its_person_whatever_dies() {
    let (mail, sink) = (MailServer::start(Mood::NowAndThen), Sink::failing_now_and_then());
    let data = data_folder();
    let folder = data.path().to_str().expect("a path");
    let settings = [
        ("PORTOLAN_SMTP_URL", mail.url()),
        ("PORTOLAN_MAIL_FROM", "Portolan <portal@fairhaven.example>".to_owned()),
        ("PORTOLAN_FETCH_ALLOW", "127.0.0.1".to_owned()),
        ("PORTOLAN_SECRET_KEY", SECRET_KEY.to_owned()),
    ];
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let mut portal = Process::start_with(&["--data-dir", folder], &settings);
    let url = format!("postgres://portolan@localhost/portolan?host={folder}/run");
    let hook = sink.url("/team");
    let paths = as_system(&url, move |call| found(call, hook));

    let address = Arc::new(Mutex::new(portal.url.clone()));
    let tally = Arc::new(Tally::default());
    let began = Instant::now();
    let senders = storm(&address, &paths, &tally);
    until("a third is taken", || tally.accepted.load(Ordering::SeqCst) > ALERTS * TIMES / 3);
    portal.signal(Signal::SIGKILL);
    portal.wait();
    let portal = Process::start_with(&["--data-dir", folder], &settings);
    portal.url.clone_into(&mut address.lock().expect("kept"));
    until("two thirds are taken", || tally.accepted.load(Ordering::SeqCst) > ALERTS * TIMES * 2 / 3);
    for pid in processes_in(&data.path().join("pg")) {
        let _ = kill(pid, Signal::SIGKILL);
    }
    for sender in senders {
        sender.join().expect("a sender has told everything");
    }
    println!("{} alerts were taken in {:?}", ALERTS * TIMES, began.elapsed());

    let pages: BTreeMap<i64, Paged> = as_system(&url, pages).into_iter().map(|p| (p.number, p)).collect();
    assert_eq!(pages.len(), ALERTS, "one page for each alert, however often it was told");
    assert!(pages.values().all(|p| p.state == State::Open && !p.unmanned && p.exhausted_at.is_none()));
    let counted: i64 = pages.values().map(|p| p.times).sum();
    let (accepted, attempts) = (tally.accepted.load(Ordering::SeqCst), tally.attempts.load(Ordering::SeqCst));
    assert_eq!(accepted, ALERTS * TIMES);
    let counted = usize::try_from(counted).expect("a count");
    assert!(
        (accepted..=attempts).contains(&counted),
        "{counted} were counted of {accepted} taken and {attempts} tried"
    );

    until("every page is told", || told(&mail, &pages).len() == ALERTS);
    until("every webhook is told", || hooks(&sink).len() == ALERTS);
    sleep(Duration::from_secs(3)); // what would come too much has time to come
    let times = told(&mail, &pages);
    let letters = mail.letters();
    let bundles: BTreeSet<(String, String)> =
        letters.iter().map(|l| (l.to.clone(), l.text.clone())).collect();
    let twice = letters.len() - bundles.len();
    assert!(
        twice <= mail.unsaid() + 2 * TEAMS,
        "{twice} letters too many, and only {} went unsaid",
        mail.unsaid()
    );
    let most = times.values().max().copied().unwrap_or_default();
    assert!(most <= 2 + mail.unsaid(), "a page was told {most} times");
    for letter in &letters {
        assert!(
            letter.text.contains("Page "),
            "nobody asked for this letter: {}\n{}",
            letter.head,
            letter.text
        );
    }
    let numbers: BTreeSet<String> = pages.keys().map(ToString::to_string).collect();
    assert_eq!(hooks(&sink), numbers, "each page at the webhook of its team, and nothing else");
    drop(portal);
}

/// The pages that webhooks were told of, by number.
fn hooks(sink: &Sink) -> BTreeSet<String> {
    let subject = |body: serde_json::Value| body["data"]["subject"].as_str().unwrap_or_default().to_owned();
    sink.taken()
        .iter()
        .map(|delivery| {
            assert_eq!(delivery.json()["type"], "page.opened", "{}", delivery.body);
            let subject = subject(delivery.json());
            subject.trim_start_matches("Page ").split(':').next().unwrap_or_default().to_owned()
        })
        .collect()
}
