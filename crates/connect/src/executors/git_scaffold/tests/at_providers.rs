//! Repositories and pull requests at GitHub, GitLab and Gitea: what they are asked, and what is undone.

use std::sync::{Arc, Mutex};

use serde_json::json;

use super::{
    server::{Asked, Server},
    *,
};
use crate::executors::{
    Fault,
    keep::tests::{after, noting},
};

const TOKEN: &str = "s3cr3t-t0ken-of-api";

/// What a provider knows.
#[derive(Default)]
struct Known {
    repository: Option<Value>,
    pull: Option<Value>,
}

/// An API of a provider: the shapes of its requests and answers, and no more.
fn provider(
    name: &'static str,
    repositories: PathBuf,
    known: Arc<Mutex<Known>>,
) -> impl Fn(&Asked) -> (u16, Value) {
    move |asked: &Asked| {
        let mut known = known.lock().unwrap();
        let (path, _) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
        let (base, repository, pulls) = match name {
            "github" => ("/api/v3", "/repos/acme/slots", "/pulls"),
            "gitlab" => ("/api/v4", "/projects/acme%2Fslots", "/merge_requests"),
            _ => ("/api/v1", "/repos/acme/slots", "/pulls"),
        };
        let path = path.strip_prefix(base).expect("the API's base");
        let bare = repositories.join("acme/slots.git");
        match (asked.method.as_str(), path) {
            ("GET", p) if p == repository => {
                known.repository.clone().map_or((404, Value::Null), |r| (200, r))
            }
            ("GET", "/namespaces/acme") => (200, json!({ "id": 42, "path": "acme" })),
            ("GET", "/repos/nobody/slots") | ("POST", "/orgs/nobody/repos") => {
                (404, json!({ "message": "Not Found" }))
            }
            ("GET", "/user") => (200, json!({ "login": "robot" })),
            ("POST", "/orgs/acme/repos" | "/projects") => {
                fs::create_dir_all(bare.parent().unwrap()).unwrap();
                git(bare.parent().unwrap(), &["init", "-q", "--bare", "--initial-branch=main", "slots.git"]);
                known.repository = Some(json!({ "description": asked.body["description"] }));
                (201, json!({}))
            }
            ("GET", p) if p.ends_with("/commits") => match git(&bare, &["rev-list", "--all"]).lines().count()
            {
                0 => (409, json!({ "message": "Git Repository is empty." })),
                n => (200, Value::Array(vec![json!({}); n.min(2)])),
            },
            ("DELETE", p) if p == repository => {
                fs::remove_dir_all(&bare).unwrap();
                known.repository = None;
                (204, Value::Null)
            }
            ("POST", p) if p == format!("{repository}{pulls}") => {
                known.pull = Some(json!({
                    "number": 5, "iid": 5, "html_url": "https://x.example/pull/5", "web_url": "https://x.example/pull/5",
                    "state": if name == "gitlab" { "opened" } else { "open" }, "body": asked.body["body"],
                    "description": asked.body["description"],
                }));
                (201, known.pull.clone().unwrap())
            }
            ("GET", p) if p == format!("{repository}/pulls/main/add%2Fslots") => {
                known.pull.clone().map_or((404, Value::Null), |p| (200, p))
            }
            ("GET", p) if p == format!("{repository}{pulls}") => {
                (200, Value::Array(known.pull.clone().into_iter().collect()))
            }
            ("PATCH" | "PUT", p) if p == format!("{repository}{pulls}/5") => {
                known.pull.as_mut().unwrap()["state"] = "closed".into();
                (200, json!({}))
            }
            other => panic!("{name} is not asked for {other:?}"),
        }
    }
}

async fn start(bed: &mut Bed, name: &'static str) -> (Server, Arc<Mutex<Known>>) {
    let known: Arc<Mutex<Known>> = Arc::default();
    let repositories = bed.path("repositories");
    let server =
        Server::start(repositories.clone(), TOKEN, provider(name, repositories, known.clone())).await;
    bed.tokens.insert(server.origin.clone(), TOKEN.into());
    bed.service();
    (server, known)
}

fn is_authorised(name: &str, asked: &[Asked]) {
    for one in asked {
        let (header, expected) = match name {
            "gitlab" => ("private-token", TOKEN.to_owned()),
            "gitea" => ("authorization", format!("token {TOKEN}")),
            _ => ("authorization", format!("Bearer {TOKEN}")),
        };
        assert_eq!(one.header(header), expected, "{one:?}");
    }
}

#[tokio::test]
async fn a_repository_is_made_pushed_to_and_taken_away() {
    for name in ["github", "gitlab", "gitea"] {
        let mut bed = Bed::new();
        let (server, known) = start(&mut bed, name).await;
        let input = json!({
            "template": { "folder": "templates/service" }, "values": { "name": "slots", "database": true },
            "copyWithoutTemplating": ["ci/*"],
            "createRepository": { "provider": name, "repository": format!("{}/acme/slots", server.origin), "visibility": "private",
                                  "description": "Plans\r\nslots" },
        });
        let (attempt, lines) = bed.attempt(input);
        let made = outputs(run(&attempt).await);
        let bare = bed.path("repositories/acme/slots.git");
        assert_eq!(git(&bare, &["rev-parse", "main"]).trim(), made["commit"], "{name}");
        let asked = server.asked();
        is_authorised(name, &asked);
        let created = asked.iter().find(|a| a.method == "POST").unwrap();
        let description = format!("Plans  slots (Portolan {})", attempt.key);
        let expected = match name {
            "gitlab" => {
                json!({ "name": "slots", "path": "slots", "namespace_id": 42, "visibility": "private",
                                "description": description, "initialize_with_readme": false })
            }
            _ => json!({ "name": "slots", "description": description, "private": true, "auto_init": false }),
        };
        assert_eq!(created.body, expected, "{name}");
        assert_eq!(outputs(run(&attempt).await), made, "{name}");
        let creations = server.asked().iter().filter(|a| a.method == "POST").count();
        assert_eq!(creations, 1, "{name}: made once");

        let other = Attempt { key: uuid::Uuid::now_v7(), ..attempt.clone() };
        assert_eq!(run(&other).await.unwrap_err().fault, Fault::Input, "{name}");
        undo(&other).await.unwrap();
        assert!(bare.exists(), "{name}");
        undo(&attempt).await.unwrap();
        assert!(!bare.exists() && known.lock().unwrap().repository.is_none(), "{name}");
        undo(&attempt).await.unwrap();
        assert!(!said(&lines).contains("s3cr3t"));
    }
}

/// A repository that is there already is somebody's, also while it is empty; one that this step made is its own, whatever it is
/// called since.
#[tokio::test]
async fn nothing_goes_into_a_repository_of_others() {
    let mut bed = Bed::new();
    let (server, known) = start(&mut bed, "gitea").await;
    let input = json!({
        "do": [{ "write": { "path": "a", "content": "x" } }],
        "createRepository": { "provider": "gitea", "repository": format!("{}/acme/slots", server.origin) },
    });
    let bare = bed.path("repositories/acme/slots.git");
    fs::create_dir_all(bare.parent().unwrap()).unwrap();
    git(bare.parent().unwrap(), &["init", "-q", "--bare", "--initial-branch=main", "slots.git"]);
    known.lock().unwrap().repository = Some(json!({ "description": "theirs" }));
    let (attempt, _lines) = bed.attempt(input);
    let taken = run(&attempt).await.unwrap_err();
    assert!(taken.fault == Fault::Input && taken.why.contains("did not make"), "{taken:?}");
    undo(&attempt).await.unwrap();
    assert!(bare.exists() && git(&bare, &["rev-list", "--all"]).is_empty(), "not a commit");

    fs::remove_dir_all(&bare).unwrap();
    known.lock().unwrap().repository = None;
    let (attempt, noted) = noting(attempt);
    outputs(run(&attempt).await);
    known.lock().unwrap().repository = Some(json!({ "description": "renamed by hand" }));
    let heir = after(&attempt, &noted);
    outputs(run(&heir).await);
    undo(&heir).await.unwrap();
    assert!(!bare.exists());
}

#[tokio::test]
async fn a_repository_with_work_in_it_stays() {
    let mut bed = Bed::new();
    let (server, _known) = start(&mut bed, "gitea").await;
    let input = json!({
        "do": [{ "write": { "path": "a", "content": "x" } }],
        "createRepository": { "provider": "gitea", "repository": format!("{}/acme/slots", server.origin) },
    });
    let (attempt, _lines) = bed.attempt(input);
    outputs(run(&attempt).await);
    push_something(&bed.path("repositories/acme/slots.git"), "main");
    let stays = undo(&attempt).await.unwrap_err();
    assert!(stays.why.contains("stays: it holds more"), "{stays:?}");
    assert!(server.asked().iter().all(|a| a.method != "DELETE"));
    let nobody = json!({
        "do": [{ "write": { "path": "a", "content": "x" } }],
        "createRepository": { "provider": "gitea", "repository": format!("{}/nobody/slots", server.origin) },
    });
    let lost = run(&bed.attempt(nobody).0).await.unwrap_err();
    assert!(lost.fault == Fault::Input && lost.why.contains("knows no organisation nobody"), "{lost:?}");
}

#[tokio::test]
async fn a_change_is_proposed_once_and_withdrawn() {
    for name in ["github", "gitlab", "gitea"] {
        let mut bed = Bed::new();
        let (server, known) = start(&mut bed, name).await;
        let bare = bed.path("repositories/acme/slots.git");
        fs::create_dir_all(bare.parent().unwrap()).unwrap();
        git(bare.parent().unwrap(), &["init", "-q", "--bare", "--initial-branch=main", "slots.git"]);
        push_something(&bare, "main");
        let input = json!({
            "do": [{ "write": { "path": "values.yaml", "content": "a: 1\n" } }],
            "pullRequest": { "provider": name, "repository": format!("{}/acme/slots", server.origin), "branch": "add/slots",
                             "title": "Add slots", "body": "Because.", "into": "apps/slots" },
        });
        let (attempt, _lines) = bed.attempt(input.clone());
        let made = outputs(run(&attempt).await);
        assert_eq!(
            (&made["pullRequest"], &made["number"]),
            (&json!("https://x.example/pull/5"), &json!(5)),
            "{name}"
        );
        let files = git(&bare, &["ls-tree", "-r", "--name-only", "add/slots"]);
        assert_eq!(files, "apps/slots/values.yaml\nlinked\nown.txt\n", "{name}");
        let changed = git(&bare, &["diff", "--name-only", "main", "add/slots"]);
        assert_eq!(changed, "apps/slots/values.yaml\n", "{name}: a link of theirs stays one");
        let mut through = input.clone();
        through["pullRequest"]["branch"] = "through".into();
        through["pullRequest"]["into"] = "linked".into();
        let failed = run(&bed.attempt(through).0).await.unwrap_err();
        assert!(failed.why.contains("cannot write"), "{name}: nothing goes through it: {failed:?}");
        let asked = server.asked();
        is_authorised(name, &asked);
        let opened = asked.iter().find(|a| a.method == "POST").unwrap();
        let body = format!("Because.\n\nPortolan {}", attempt.key);
        let expected = match name {
            "gitlab" => {
                json!({ "source_branch": "add/slots", "target_branch": "main", "title": "Add slots", "description": body })
            }
            _ => json!({ "head": "add/slots", "base": "main", "title": "Add slots", "body": body }),
        };
        assert_eq!(opened.body, expected, "{name}");
        assert_eq!(outputs(run(&attempt).await), made, "{name}");
        assert_eq!(server.asked().iter().filter(|a| a.method == "POST").count(), 1, "{name}: opened once");

        let mut crlf = input;
        crlf["pullRequest"]["title"] = "Add\r\nX-Header: slots".into();
        crlf["pullRequest"]["branch"] = "other".into();
        let failed = run(&bed.attempt(crlf).0).await.unwrap_err();
        assert_eq!(failed.fault, Fault::Input, "{failed:?}");

        known.lock().unwrap().pull.as_mut().unwrap()["merged_at"] = "2026-11-22".into();
        let stays = undo(&attempt).await.unwrap_err();
        assert!(stays.why.contains("is merged"), "{stays:?}");
        known.lock().unwrap().pull.as_mut().unwrap()["merged_at"] = Value::Null;
        undo(&attempt).await.unwrap();
        assert_eq!(known.lock().unwrap().pull.as_ref().unwrap()["state"], "closed", "{name}");
        assert!(!git(&bare, &["branch", "--list"]).contains("add/slots"), "{name}");
    }
}

/// A token is for its host: an offering that names an API elsewhere does not get it sent there.
#[tokio::test]
async fn a_token_goes_nowhere_else() {
    let mut bed = Bed::new();
    let (server, _known) = start(&mut bed, "github").await;
    let other = Server::start(bed.path("repositories"), TOKEN, |_| (200, json!({}))).await;
    let input = json!({
        "do": [{ "write": { "path": "a", "content": "x" } }],
        "createRepository": { "provider": "github", "repository": format!("{}/acme/slots", server.origin),
                              "api": format!("{}/api/v3", other.origin) },
    });
    let failed = run(&bed.attempt(input).0).await.unwrap_err();
    assert!(failed.why.contains("none of the hosts"), "{failed:?}");
    assert!(other.asked().is_empty());
    let refused = json!({
        "do": [{ "write": { "path": "a", "content": "x" } }],
        "createRepository": { "provider": "github", "repository": "http://169.254.169.254/acme/slots" },
    });
    assert!(run(&bed.attempt(refused).0).await.unwrap_err().why.contains("none of the hosts"));
}
