//! `note`: tells something in the log, as what comes next or where to look.

use serde_json::Value;

use super::{Doing, Ended, Executor, Undo};

pub(super) const EXECUTOR: Executor = Executor {
    name: "note",
    about: "Tells `message` in the log.",
    check: |input| match input.get("message") {
        Some(_) => Vec::new(),
        None => vec!["needs message".into()],
    },
    run: |attempt| {
        Box::pin(async move {
            match &attempt.input["message"] {
                Value::String(text) => attempt.log.say(text),
                other => attempt.log.say(&other.to_string()),
            }
            Ok(Ended::done())
        }) as Doing
    },
    undo: Undo::Nothing,
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::executors::log::tests::attempt;

    #[tokio::test]
    async fn tells_it() {
        let (told, lines) = attempt(json!({ "message": "look at the board" }));
        assert_eq!((EXECUTOR.run)(told).await, Ok(Ended::done()));
        assert_eq!(lines.take(), ["look at the board"]);
        let (other, lines) = attempt(json!({ "message": { "n": 3 } }));
        assert_eq!((EXECUTOR.run)(other).await, Ok(Ended::done()));
        assert_eq!(lines.take(), ["{\"n\":3}"]);
        assert_eq!((EXECUTOR.check)(&json!({})), ["needs message"]);
    }
}
