//! `wait`: lets time pass, as between a change of DNS and what needs it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Attempt, Doing, Ended, Executor, Failed, Undo};

/// The longest wait: a week.
const LONGEST: u64 = 7 * 24 * 3600;

pub(super) const EXECUTOR: Executor = Executor {
    name: "wait",
    about: "Waits `seconds`.",
    check,
    run: |attempt| Box::pin(async move { run(&attempt) }) as Doing,
    undo: Undo::Nothing,
};

fn check(input: &Value) -> Vec<String> {
    match input.get("seconds") {
        None => vec!["needs seconds".into()],
        Some(Value::String(_)) => Vec::new(),
        Some(given) if given.as_u64().is_some_and(|s| s <= LONGEST) => Vec::new(),
        Some(_) => vec![format!("needs seconds from 0 to {LONGEST}")],
    }
}

fn run(attempt: &Attempt) -> Result<Ended, Failed> {
    if attempt.effect.as_ref().is_some_and(|e| e["waited"] == json!(true)) {
        return Ok(Ended::done());
    }
    let seconds =
        attempt.input.get("seconds").and_then(Value::as_u64).filter(|s| *s <= LONGEST).ok_or_else(|| {
            Failed::platform(
                "The step has no number of seconds to wait.",
                format!("Its team gives `seconds`, from 0 to {LONGEST}."),
            )
        })?;
    attempt.log.say(&format!("waiting {seconds} s"));
    Ok(Ended::Later { after: Duration::from_secs(seconds), effect: json!({ "waited": true }) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executors::log::tests::attempt;

    #[test]
    fn waits_once() {
        let (first, _lines) = attempt(json!({ "seconds": 5 }));
        let Ok(Ended::Later { after, effect }) = run(&first) else { panic!("it waits") };
        assert_eq!(after, Duration::from_secs(5));
        assert_eq!(run(&Attempt { effect: Some(effect), ..first }), Ok(Ended::done()));
        assert_eq!(check(&json!({})), ["needs seconds"]);
        assert!(run(&attempt(json!({ "seconds": -1 })).0).is_err());
    }
}
