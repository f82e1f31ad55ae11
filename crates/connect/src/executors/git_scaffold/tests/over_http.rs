//! A real push over HTTP, with a token that nobody sees.

use serde_json::json;

use super::{server::Server, *};
use crate::executors::Fault;

const TOKEN: &str = "s3cr3t-t0ken-of-git";

async fn server(bed: &mut Bed) -> Server {
    let repositories = bed.path("repositories");
    fs::create_dir_all(repositories.join("acme")).unwrap();
    git(&repositories, &["init", "-q", "--bare", "--initial-branch=main", "acme/slots.git"]);
    let server = Server::start(repositories, TOKEN, |_| (404, Value::Null)).await;
    bed.tokens.insert(server.origin.clone(), TOKEN.into());
    server
}

#[tokio::test]
async fn pushes_and_finds_its_own_push_again() {
    let mut bed = Bed::new();
    let server = server(&mut bed).await;
    bed.service();
    let url = format!("{}/acme/slots.git", server.origin);
    let input = json!({
        "template": { "folder": "templates/service" }, "values": { "name": "slots", "database": true },
        "copyWithoutTemplating": ["ci/*"], "to": { "url": url },
    });
    let (attempt, lines) = bed.attempt(input);
    let made = outputs(run(&attempt).await);
    assert_eq!(made["url"], format!("{}/acme/slots", server.origin));
    let bare = bed.path("repositories/acme/slots.git");
    assert_eq!(git(&bare, &["rev-parse", "main"]).trim(), made["commit"]);
    assert!(git(&bare, &["ls-tree", "--name-only", "main"]).contains("schema.sql"));
    assert_eq!(outputs(run(&attempt).await), made);
    let stays = undo(&attempt).await.unwrap_err();
    assert!(
        stays.why.contains("does not let go of the branch"),
        "the main branch of a repository: {stays:?}"
    );
    git(&bare, &["symbolic-ref", "HEAD", "refs/heads/other"]);
    undo(&attempt).await.unwrap();
    assert_eq!(git(&bare, &["branch", "--list"]), "");
    assert!(!said(&lines).contains("s3cr3t"));
}

/// A template in a repository of its own, at a branch and a folder.
#[tokio::test]
async fn a_template_is_fetched_with_git() {
    let mut bed = Bed::new();
    let server = server(&mut bed).await;
    let source = bed.path("repositories/acme/slots.git");
    let own = tempfile::tempdir().unwrap();
    git(own.path(), &["init", "-q", "--initial-branch=v2"]);
    fs::create_dir_all(own.path().join("go/cmd")).unwrap();
    fs::write(own.path().join("go/cmd/{{ name }}.go"), "package {{ name }}\n").unwrap();
    git(own.path(), &["add", "."]);
    git(own.path(), &["commit", "-q", "-m", "A template"]);
    git(own.path(), &["push", "-q", source.to_str().unwrap(), "v2"]);
    let input = |path: &str, reference: &str| {
        json!({
            "template": { "git": format!("{}/acme/slots.git", server.origin), "ref": reference, "path": path },
            "values": { "name": "slots" }, "createRepository": { "provider": "folder", "repository": "repositories/new.git" },
        })
    };
    for (path, reference, expected) in [
        ("nope", "v2", "not in the repository"),
        ("../..", "v2", "must not lead up"),
        ("go", "v9", "is not there"),
    ] {
        let failed = run(&bed.attempt(input(path, reference)).0).await.unwrap_err();
        assert!(failed.why.contains(expected), "{path} {reference}: {failed:?}");
    }
    outputs(run(&bed.attempt(input("go", "v2")).0).await);
    let bare = bed.path("repositories/new.git");
    assert_eq!(
        git(&bare, &["ls-tree", "-r", "--name-only", "main"]),
        "cmd/slots.go\n",
        "and nothing of git's own"
    );
}

#[tokio::test]
async fn says_whose_fault_it_is_and_never_the_token() {
    let mut bed = Bed::new();
    let server = server(&mut bed).await;
    bed.file("fine/a", "x");
    let input = |url: String| json!({ "template": { "folder": "templates/fine" }, "to": { "url": url } });
    let missing =
        run(&bed.attempt(input(format!("{}/acme/missing.git", server.origin))).0).await.unwrap_err();
    assert_eq!(missing.fault, Fault::Platform, "{missing:?}");
    assert!(missing.why.contains("is not there"), "{missing:?}");

    bed.tokens.insert(server.origin.clone(), "wrong-t0ken".into());
    let (attempt, lines) = bed.attempt(input(format!("{}/acme/slots.git", server.origin)));
    let refused = run(&attempt).await.unwrap_err();
    assert_eq!(refused.fault, Fault::Platform);
    assert!(refused.next.contains("token for http://127.0.0.1"), "{refused:?}");
    let all = format!("{refused:?}{}", said(&lines));
    assert!(!all.contains("wrong-t0ken") && !all.contains("Basic "), "{all}");

    let in_address = format!("http://x:typed-s3cret@{}/acme/slots.git", server.host);
    let (attempt, lines) = bed.attempt(input(in_address));
    let refused = run(&attempt).await.unwrap_err();
    assert!(refused.why.contains("password in its address"), "{refused:?}");
    assert!(!format!("{refused:?}{}", said(&lines)).contains("typed-s3cret"));

    // https by the same name is another host: the operator said http
    let https =
        run(&bed.attempt(input(format!("https://{}/acme/slots.git", server.host))).0).await.unwrap_err();
    assert!(https.why.contains("none of the hosts"), "{https:?}");

    drop(server);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
}
