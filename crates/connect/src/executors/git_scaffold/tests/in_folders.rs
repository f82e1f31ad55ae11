//! Repositories in the operator's folder, and templates that mean no good.

use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::executors::Fault;

fn new_service() -> Value {
    json!({
        "template": { "folder": "templates/service" },
        "values": { "name": "slot-planner", "database": false },
        "copyWithoutTemplating": ["ci/**"],
        "createRepository": { "provider": "folder", "repository": "repositories/basket/slot-planner.git" },
        "to": { "message": "Begin", "author": { "name": "Imke de Vries", "email": "imke@fairhaven.example" } },
    })
}

#[tokio::test]
async fn a_service_is_made_once_and_taken_away() {
    let bed = Bed::new();
    let (attempt, lines) = bed.service().attempt(new_service());
    let made = outputs(run(&attempt).await);
    let bare = bed.path("repositories/basket/slot-planner.git");
    assert_eq!(made["url"], format!("file://{}", bare.display()));
    assert_eq!(
        (&made["branch"], &made["files"], &made["entityRef"]),
        (&json!("main"), &json!(4), &json!("component:default/slot-planner"))
    );
    assert!(made["catalogInfo"].as_str().unwrap().contains("name: slot-planner"));
    let files = git(&bare, &["ls-tree", "-r", "--name-only", "main"]);
    assert_eq!(
        files.lines().collect::<Vec<_>>(),
        ["README.md", "catalog-info.yaml", "ci/build.yml", "slot-planner.toml"]
    );
    assert_eq!(git(&bare, &["show", "main:README.md"]), "# Slot-Planner\n");
    assert_eq!(git(&bare, &["show", "main:ci/build.yml"]), "run: {{ not.filled }}\n");
    let message = git(&bare, &["log", "--format=%an <%ae>%n%B", "main"]);
    assert!(message.starts_with("Imke de Vries <imke@fairhaven.example>\nBegin\n"), "{message}");
    assert!(message.contains(&format!("Portolan-Key: {}\nPortolan-Request: 7", attempt.key)), "{message}");
    assert!(said(&lines).contains("making the repository"));

    let again = outputs(run(&attempt).await);
    assert_eq!(again, made, "another attempt finds it");
    assert_eq!(git(&bare, &["rev-list", "--all", "--count"]).trim(), "1");

    undo(&attempt).await.unwrap();
    assert!(!bare.exists());
    undo(&attempt).await.unwrap();
}

#[tokio::test]
async fn what_is_there_already_is_not_touched() {
    let bed = Bed::new();
    let (first, _lines) = bed.service().attempt(new_service());
    outputs(run(&first).await);
    let other = Attempt { key: Uuid::now_v7(), ..first.clone() };
    let refused = run(&other).await.unwrap_err();
    assert_eq!((refused.fault, refused.again), (Fault::Input, false));
    assert!(refused.why.contains("this request did not make"), "{refused:?}");
    undo(&other).await.unwrap();
    let bare = bed.path("repositories/basket/slot-planner.git");
    assert!(bare.exists(), "undoing one takes nothing from the other");
    push_something(&bare, "main");
    let stays = undo(&first).await.unwrap_err();
    assert!(stays.why.contains("holds more than this request made"), "{stays:?}");
    assert!(bare.exists());
}

#[tokio::test]
async fn a_branch_of_a_repository_that_is_there() {
    let bed = Bed::new();
    let bare = bed.path("repositories/shared.git");
    git(&bed.path("repositories"), &["init", "-q", "--bare", "shared.git"]);
    push_something(&bare, "main");
    let input = json!({
        "do": [
            { "write": { "path": "values.yaml", "yaml": { "name": "slots", "replicas": 3 } } },
            { "write": { "path": "drop/a.tmp", "content": "x" } },
            { "write": { "path": "old.txt", "content": "kept\n" } },
            { "write": { "path": "never.txt", "content": "x" }, "if": false },
            { "delete": ["drop", "**/*.bak"] },
            { "rename": [{ "from": "old.txt", "to": "apps/slots/new.txt" }] },
        ],
        "to": { "folder": "repositories/shared.git", "branch": "apps/slots" },
    });
    let (attempt, _lines) = bed.attempt(input);
    let made = outputs(run(&attempt).await);
    assert_eq!(made["files"], 2);
    let files = git(&bare, &["ls-tree", "-r", "--name-only", "apps/slots"]);
    assert_eq!(files.lines().collect::<Vec<_>>(), ["apps/slots/new.txt", "values.yaml"]);
    assert_eq!(git(&bare, &["show", "apps/slots:values.yaml"]), "name: slots\nreplicas: 3\n");
    undo(&attempt).await.unwrap();
    assert_eq!(git(&bare, &["branch", "--list", "--format=%(refname:short)"]), "main\n");
    outputs(run(&attempt).await);
    push_something(&bare, "apps/slots");
    undo(&attempt).await.expect("a step that never came to push left nothing there");
    assert!(git(&bare, &["branch", "--list", "apps/slots"]).contains("apps/slots"));
    let pushed = Attempt { effect: Some(json!({ "branch": "apps/slots" })), ..attempt };
    let stays = undo(&pushed).await.unwrap_err();
    assert!(stays.why.contains("stays: its last commit is not of this request"), "{stays:?}");
}

/// What Backstage's templates look like: their marks, their scope, files left out by their name, one ending alone.
#[tokio::test]
async fn a_skeleton_of_backstage() {
    let bed = Bed::new();
    bed.file(
        "bs/src/${{ values.package }}/App.kt.njk",
        "package ${{ values.package | replace('/', '.') }} // {{ plain }}\n",
    )
    .file("bs/${{ values.extra }}", "left out")
    .file("bs/notes.txt", "${{ values.package }} stays as it is\n");
    let input = json!({
        "do": [{ "template": { "folder": "templates/bs" }, "syntax": "backstage", "onlyEnding": ".njk", "into": "./app",
                 "values": { "package": "fairhaven/slots", "extra": null } }],
        "from": "app",
        "register": false,
        "createRepository": { "provider": "folder", "repository": "repositories/bs.git" },
    });
    outputs(run(&bed.attempt(input).0).await);
    let bare = bed.path("repositories/bs.git");
    let files = git(&bare, &["ls-tree", "-r", "--name-only", "main"]);
    assert_eq!(files.lines().collect::<Vec<_>>(), ["notes.txt", "src/fairhaven/slots/App.kt"]);
    assert_eq!(
        git(&bare, &["show", "main:src/fairhaven/slots/App.kt"]),
        "package fairhaven.slots // {{ plain }}\n"
    );
    assert_eq!(git(&bare, &["show", "main:notes.txt"]), "${{ values.package }} stays as it is\n");
}

#[tokio::test]
async fn templates_that_mean_no_good_make_nothing() {
    let bed = Bed::new();
    bed.file("loops/a", "{% for a in list %}{% for b in list %}{{ a }}{% endfor %}{% endfor %}")
        .file("grows/a", "{{ big | replace('x', big) }}")
        .file("names/{{ name }}", "x")
        .file("misspelt/a", "{{ nmae }}")
        .file("linked/a", "x")
        .file("fine/a", "x");
    std::os::unix::fs::symlink("/etc/passwd", bed.path("templates/linked/b")).unwrap();
    for n in 0..2_001 {
        bed.file(&format!("many/{n}"), "");
    }
    let list: Vec<_> = (0..900).collect();
    let big = "x".repeat(10_000);
    for (folder, name, expected) in [
        ("templates/loops", "a", "takes too long"),
        ("templates/grows", "a", "makes too much"),
        ("templates/names", "../../escape", "must not lead up"),
        ("templates/names", "/etc/cron.d/x", "must not begin with a slash"),
        ("templates/names", ".git/hooks/post-checkout", "git's own folder"),
        ("templates/names", "a\r\nb", "control characters"),
        ("templates/misspelt", "a", "names something that is not there"),
        ("templates/linked", "a", "a link or a device"),
        ("templates/linked/b", "a", "leads out of the operator's folder"),
        ("templates/many", "a", "more than 2000 files"),
        ("templates/../repositories", "a", "must not lead up"),
        ("elsewhere/x", "a", "none of the folders that the operator gave"),
        ("templates/missing", "a", "where nothing is"),
    ] {
        let input = json!({
            "template": { "folder": folder }, "values": { "name": name, "list": list, "big": big },
            "createRepository": { "provider": "folder", "repository": "repositories/x.git" },
        });
        let failed = run(&bed.attempt(input).0).await.unwrap_err();
        assert!(failed.why.contains(expected), "{folder} {name:?}: {failed:?}");
        assert_eq!(failed.fault, Fault::Platform);
        assert_eq!(fs::read_dir(bed.path("repositories")).unwrap().count(), 0, "nothing is made");
    }
}

#[tokio::test]
async fn names_that_mean_no_good_are_refused() {
    let bed = Bed::new();
    bed.file("fine/a", "x");
    let with = |to: Value| json!({ "template": { "folder": "templates/fine" }, "to": to });
    for branch in [
        "-x",
        "a..b",
        "a b",
        "a\r\nb",
        "a\0b",
        "--upload-pack=touch /tmp/x",
        "a.lock",
        "/a",
        "a/",
        ".a",
        "a//b",
        "a@{1}",
        "",
    ] {
        let failed = run(&bed.attempt(with(json!({ "folder": "repositories/x.git", "branch": branch }))).0)
            .await
            .unwrap_err();
        assert!(failed.why.contains("cannot be the name of a branch"), "{branch:?}: {failed:?}");
    }
    for url in [
        "file:///etc",
        "ext::sh -c touch%20/tmp/x",
        "--upload-pack=x",
        "https://git.example/a b",
        "http://169.254.169.254/x.git",
        "https://127.0.0.1/x.git",
        "ssh://-oProxyCommand=x/y",
        "ssh://git@git.example/a/b.git",
        "git@git.example:a/b.git",
        "https://unlisted.example/a.git",
    ] {
        let failed = run(&bed.attempt(with(json!({ "url": url }))).0).await.unwrap_err();
        assert_eq!(failed.fault, Fault::Platform, "{url}: {failed:?}");
    }
    for message in ["a\u{1b}[31m", "x\nPortolan-Key: 0198", &"x".repeat(10_001)] {
        let input = json!({
            "template": { "folder": "templates/fine" }, "to": { "message": message },
            "createRepository": { "provider": "folder", "repository": format!("repositories/{}.git", Uuid::now_v7()) },
        });
        let failed = run(&bed.attempt(input).0).await.unwrap_err();
        assert_eq!(failed.fault, Fault::Input, "{failed:?}");
    }
}

#[test]
fn an_offering_is_told_what_its_step_lacks() {
    let check = git_scaffold::EXECUTOR.check;
    assert_eq!(check(&new_service()), Vec::<String>::new());
    assert_eq!(
        check(&json!({ "do": [{ "if": "${{ x }}", "copy": "${{ y }}" }], "pullRequest": {} })),
        Vec::<String>::new()
    );
    let wrong = check(
        &json!({ "tempalte": 1, "do": [{ "copy": {}, "write": {} }, {}], "pullRequest": {}, "to": {} }),
    )
    .join("; ");
    for expected in
        ["tempalte is not known", "do[0] needs one of", "do[1] needs one of", "another place to go"]
    {
        assert!(wrong.contains(expected), "{wrong}");
    }
    assert!(check(&json!({})).join("; ").contains("where it goes"));
}
