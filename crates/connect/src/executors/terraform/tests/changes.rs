//! What a change meets: one that failed before it, a plan that does not hold any more, a worker that was cut off.

use serde_json::{Value, json};

use super::{Scene, made, outputs};
use crate::executors::{
    Attempt, Ended, Fault, JobFacts, StateFacts,
    keep::tests::{after, noting},
    terraform::{run, undo},
};

/// What exists is not destroyed because a change of it failed.
#[tokio::test]
async fn undoing_an_action_puts_back_what_was_there() {
    let scene = Scene::new().await;
    let first = scene.given("apply", &json!({ "name": "one" }));
    outputs(run(first.clone()).await);
    let (id, _) = made(&scene);
    let action = |name: &str, former: Option<Value>| {
        let mut attempt = scene.given("apply", &json!({ "name": name }));
        attempt.job.acts = true;
        attempt.job.state.former = former;
        noting(attempt)
    };
    let (change, noted) = action("two", Some(first.input.clone()));
    outputs(run(change.clone()).await);
    assert_eq!(made(&scene), (id.clone(), json!("two")));
    assert_eq!(undo(after(&change, &noted)).await, Ok(Ended::done()));
    assert_eq!(made(&scene), (id.clone(), json!("one")), "the same thing, as it was");

    let (change, noted) = action("three", None);
    outputs(run(change.clone()).await);
    let left = undo(after(&change, &noted)).await.expect_err("nobody knows how it was");
    assert!(!left.again && left.why.contains("left as it is now"), "{left:?}");
    assert_eq!(made(&scene), (id.clone(), json!("three")));

    let (nothing, noted) = action("three", None);
    outputs(run(nothing.clone()).await);
    assert_eq!(undo(after(&nothing, &noted)).await, Ok(Ended::done()), "nothing was changed");
    let mut removal = scene.given("destroy", &json!({ "name": "three" }));
    removal.job.acts = true;
    let (removal, noted) = noting(removal);
    outputs(run(removal.clone()).await);
    let gone = undo(after(&removal, &noted)).await.expect_err("what is destroyed stays so");
    assert!(gone.why.contains("cannot be undone"), "{gone:?}");
}

#[tokio::test]
async fn what_was_planned_is_applied_or_nothing_is() {
    let scene = Scene::new().await;
    let Ok(Ended::Done { effect, .. }) = run(scene.given("plan", &json!({ "name": "one" }))).await else {
        panic!("planned")
    };
    assert!(effect["planned"].is_string() && !effect.to_string().contains("one"), "{effect}");
    let planned = |name: &str| {
        let mut attempt = scene.given("apply", &json!({ "name": name }));
        attempt.job.state.planned = Some(effect["planned"].clone());
        noting(attempt)
    };
    let (other, noted) = planned("two");
    let failed = run(other).await.expect_err("another plan");
    assert!(!failed.again && failed.why.contains("not what was planned"), "{failed:?}");
    assert!(scene.kept().state.is_none() && noted.lock().expect("kept").is_none(), "and nothing was done");
    let (same, noted) = planned("one");
    outputs(run(same.clone()).await);
    outputs(run(after(&same, &noted)).await);
    // the state changed after somebody agreed to the plan
    outputs(run(scene.given("apply", &json!({ "name": "elsewhere" }))).await);
    assert!(run(planned("one").0).await.is_err_and(|failed| failed.why.contains("not what was planned")));
}

/// Whoever died while Terraform worked may have made what no state knows: that is said, and not made twice.
#[tokio::test]
async fn whoever_was_cut_off_at_work_is_looked_after_by_people() {
    let scene = Scene::new().await;
    let (first, noted) = noting(scene.given("apply", &json!({ "name": "one" })));
    outputs(run(first.clone()).await);
    let mut heir = after(&first, &noted);
    outputs(run(heir.clone()).await); // it had let its lock go: it was done, and could not say so
    heir.job.state.held = true;
    let before = scene.kept().state;
    let failed = run(heir.clone()).await.expect_err("it was at work");
    assert!(!failed.again && failed.why.contains("would be made twice"), "{failed:?}");
    assert_eq!(scene.kept().state, before);
    let told = Attempt { effect: failed.effect.map(|effect| *effect), ..heir };
    let left = undo(told.clone()).await.expect_err("who knows what else there is");
    assert!(!left.again && left.why.contains("may be in no state"), "{left:?}");
    let (looked, noted) = noting(told);
    outputs(run(looked.clone()).await);
    let looked = Attempt {
        job: JobFacts { state: StateFacts { held: false, ..looked.job.state.clone() }, ..looked.job.clone() },
        ..after(&looked, &noted)
    };
    assert_eq!(undo(looked).await, Ok(Ended::done()), "somebody looked, and had it tried again");
}

#[tokio::test]
async fn a_state_that_could_not_be_written_at_once_is_handed_over_later() {
    let scene = Scene::new().await;
    scene.kept.lock().expect("kept").breaks = 3;
    let failed = run(scene.given("apply", &json!({ "name": "one" }))).await.expect_err("it could not write");
    assert!(failed.again && failed.fault == Fault::Outside, "{failed:?}");
    assert_eq!(made(&scene).1, json!("one"), "and nothing is lost");
}
