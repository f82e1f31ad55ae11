//! How self-service is said: states, durations, money, whose turn it is.

use portolan_domain::provisioning::{
    ApprovalState, Blame, Difference, Effect, Experience, Need, Outcome, Piece, Request, ResourceState, Said,
    State, StepOf, StepState, WaitsOn, WaiverState,
};
use serde_json::Value;

use crate::words;

/// Tone and words of how a request stands.
pub(crate) fn state(request: &Request) -> (&'static str, String) {
    let (tone, word) = standing(&request.state);
    let word = match (request.state, request.wish, request.effect) {
        (State::Running, Some(_), _) => "Being undone",
        (State::Running, None, Some(Effect::Remove)) => "Being removed",
        (State::Running, None, Some(_)) => "Being done",
        (State::Succeeded, _, Some(effect)) => done(effect),
        _ => word,
    };
    (tone, word.to_owned())
}

/// What an action has made of what exists, in a word.
pub(crate) fn done(effect: Effect) -> &'static str {
    match effect {
        Effect::Change | Effect::Upgrade => "Done",
        Effect::Remove => "Removed",
        Effect::Eject => "Taken over",
    }
}

/// When whoever asked hears of it, as a sentence goes on.
pub(crate) fn told_when(effect: Option<Effect>) -> &'static str {
    match effect {
        None => "you are told when it is ready",
        Some(Effect::Change | Effect::Upgrade) => "you are told when it is done",
        Some(Effect::Remove) => "you are told when it is gone",
        Some(Effect::Eject) => "you are told when it is yours",
    }
}

/// What is happening to it by itself.
pub(crate) fn by_itself(effect: Option<Effect>) -> &'static str {
    match effect {
        None => "It is made by itself now.",
        Some(Effect::Change | Effect::Upgrade) => "It is done by itself now.",
        Some(Effect::Remove) => "It is removed by itself now.",
        Some(Effect::Eject) => "It is handed over by itself now.",
    }
}

/// The same without what is wished of it: for filters.
pub(crate) fn standing(state: &State) -> (&'static str, &'static str) {
    match state {
        State::Draft => ("unknown", "Draft"),
        State::AwaitingApproval => ("warn", "Waits for approval"),
        State::Approved => ("info", "Waits for its turn"),
        State::Refused => ("danger", "Refused"),
        State::Running => ("info", "Being made"),
        State::NeedsAttention => ("danger", "Needs attention"),
        State::Succeeded => ("ok", "Ready"),
        State::Failed => ("danger", "Failed"),
        State::Cancelled => ("unknown", "Cancelled"),
    }
}

/// Icon, class and word of a step.
pub(crate) fn step(step: &StepOf) -> (&'static str, &'static str, &'static str) {
    match step.state {
        StepState::Waiting => ("ahead", "is-ahead", "not yet"),
        StepState::Running => ("now", "is-now", "at it"),
        StepState::Later => (
            "now",
            "is-now",
            match step.uses.as_str() {
                "approval" => "waits for somebody’s word",
                "wait" => "waits for its time",
                _ => "on its way outside",
            },
        ),
        StepState::Done => ("ok", "is-done", "done"),
        StepState::Skipped => ("ahead", "is-ahead", "not needed"),
        StepState::Failed => ("danger", "is-failed", "failed"),
        StepState::Undoing => ("now", "is-now", "being undone"),
        StepState::Undone => ("swap", "is-ahead", "undone"),
        StepState::Left => ("danger", "is-failed", "could not be undone"),
    }
}

/// Tone and words of an approval.
pub(crate) fn approval(state: &ApprovalState) -> (&'static str, &'static str) {
    match state {
        ApprovalState::Waiting => ("warn", "Waits for a word"),
        ApprovalState::Agreed => ("ok", "Agreed"),
        ApprovalState::Refused => ("danger", "Refused"),
        ApprovalState::Lapsed => ("danger", "Nobody said anything in time"),
        ApprovalState::Dropped => ("unknown", "Not needed any more"),
    }
}

/// Tone and words of a waiver.
pub(crate) fn waiver(state: &WaiverState) -> (&'static str, &'static str) {
    match state {
        WaiverState::Asked => ("warn", "Asked for"),
        WaiverState::Granted => ("ok", "Granted"),
        WaiverState::Refused => ("danger", "Refused"),
        WaiverState::Withdrawn => ("unknown", "Ended"),
    }
}

/// Tone and words of something that was made.
pub(crate) fn resource(state: &ResourceState) -> (&'static str, &'static str) {
    match state {
        ResourceState::Active => ("ok", "There"),
        ResourceState::Removed => ("unknown", "Removed"),
        ResourceState::Ejected => ("info", "Taken over"),
    }
}

/// Whose turn it is, in a sentence that the team's name ends.
pub(crate) fn turn(blame: &Blame, team: &str) -> String {
    match blame {
        Blame::Input => "It is your turn: something that was given cannot be.".to_owned(),
        Blame::Platform => format!("It is {team}’s turn: the offering is at fault, not what you gave."),
        Blame::Outside => {
            "An outside system does not do its part; neither you nor the offering is at fault.".to_owned()
        }
    }
}

/// Tone (also the icon) and first word of what a guardrail says.
pub(crate) fn outcome(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Fits => ("ok", "Fits"),
        Outcome::Waived => ("info", "Waived"),
        Outcome::Warns => ("warn", "Warns"),
        Outcome::Asks => ("warn", "Asks"),
        Outcome::Stops | Outcome::Broken => ("danger", "Stops"),
    }
}

/// Tone, first word and sentence of what a guardrail says. One that says nothing for the case that it holds is called by its
/// name.
pub(crate) fn guardrail(said: &Said) -> (&'static str, &'static str, String) {
    let (tone, word) = outcome(said.outcome);
    let text = if said.message == said.guardrail {
        said.guardrail.replace(['-', '_'], " ")
    } else {
        said.message.clone()
    };
    (tone, word, words::sentence(&text))
}

/// What the users of a rung spare themselves.
pub(crate) fn rung(experience: Experience) -> &'static str {
    match experience {
        Experience::PushCode => "We build, run, watch and patch it.",
        Experience::PushContainer => "You bring the image; we run it.",
        Experience::Package => "Our modules, your parameters.",
        Experience::CustomCode => "Your own code inside our guardrails.",
        Experience::CallApi => "No page needed.",
    }
}

/// A piece of a text outside of any request, where no mark-up can be.
pub(crate) fn piece(piece: &Piece) -> String {
    match piece {
        Piece::Said(text) => text.clone(),
        Piece::Named(name) => format!("‹{name}›"),
    }
}

/// Whose word counts, by the rule of an approval.
pub(crate) fn rule(rule: &str, offering_team: &str) -> String {
    match rule.split_once(':') {
        Some(("team", slug)) => format!("somebody of {slug}"),
        Some(("person", handle)) => handle.to_owned(),
        _ if rule == "lead" => "the lead of the team that asks".to_owned(),
        _ => format!("somebody of {offering_team}"),
    }
}

/// For whom something is asked, where and for which service: "For Basket, for Checkout in production".
pub(crate) fn for_whom(waits: &WaitsOn) -> String {
    let service = waits.service.as_ref().map(|service| format!(", for {service}")).unwrap_or_default();
    let place = match (waits.environment.as_str(), service.is_empty()) {
        ("", _) => String::new(),
        (place, true) => format!(", in {place}"),
        (place, false) => format!(" in {place}"),
    };
    format!("For {}{service}{place}", waits.team)
}

/// Who else is asked: "Nobody else can.", "2 others may, too.", "2 others have to agree, too.".
pub(crate) fn others(waits: &WaitsOn) -> String {
    match (waits.others, waits.need) {
        (0, _) => "Nobody else can.".to_owned(),
        (1, Need::Any) => "Somebody else may, too.".to_owned(),
        (1, Need::All) => "Somebody else has to agree, too.".to_owned(),
        (n, Need::Any) => format!("{n} others may, too."),
        (n, Need::All) => format!("{n} others have to agree, too."),
    }
}

/// An icon for what an offering makes.
pub(crate) fn icon(makes: Option<&str>, experience: &Experience) -> &'static str {
    let makes = makes.unwrap_or_default().to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| makes.contains(word));
    if has(&["database", "db", "cache", "bucket", "storage"]) {
        "db"
    } else if has(&["queue", "topic", "stream"]) {
        "chat"
    } else if has(&["secret", "key", "certificate"]) {
        "key"
    } else if has(&["docs", "documentation", "site"]) {
        "book"
    } else if has(&["job", "schedule"]) {
        "rota"
    } else {
        match experience {
            Experience::PushCode => "git",
            Experience::PushContainer => "make",
            Experience::Package => "catalog",
            Experience::CustomCode => "lock",
            Experience::CallApi => "ext",
        }
    }
}

/// `40 s`, `6 min`, `2 h`, `3 days`: how long something usually takes.
pub(crate) fn lasts(seconds: impl words::Number) -> String {
    let seconds = seconds.number();
    match seconds {
        ..90 => format!("{} s", seconds.max(1)),
        90..5_400 => format!("{} min", (seconds + 30) / 60),
        5_400..129_600 => format!("{} h", (seconds + 1_800) / 3_600),
        _ => words::counted((seconds + 43_200) / 86_400, "day", "days"),
    }
}

/// `€118 a month`, `free`.
pub(crate) fn monthly(amount: f64, currency: Option<&str>) -> String {
    if amount < 0.005 {
        return "free".to_owned();
    }
    format!("{} a month", money(amount, currency.unwrap_or_default()))
}

/// The same; templates hand over references.
pub(crate) fn sum(amount: &f64, currency: &str) -> String {
    monthly(*amount, Some(currency))
}

/// `€1,204`, `€3.50`, `CHF 20`.
pub(crate) fn money(amount: f64, currency: &str) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "an amount of money, rounded to hundredths")]
    let hundredths = (amount * 100.0).round() as i64;
    let (whole, rest) = (words::count(hundredths / 100), hundredths % 100);
    let number = if rest == 0 { whole } else { format!("{whole}.{rest:02}") };
    match currency {
        "EUR" => format!("€{number}"),
        "USD" => format!("${number}"),
        "GBP" => format!("£{number}"),
        "" => number,
        other => format!("{other} {number}"),
    }
}

/// What was and what will be, in words.
pub(crate) struct Change {
    pub(crate) title: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

/// Differences in words; `nothing` is said where there was nothing, `gone` where nothing will be.
pub(crate) fn changes(all: &[Difference], nothing: &str, gone: &str) -> Vec<Change> {
    let told = |at: &Option<Value>, otherwise: &str| match at {
        Some(Value::Null) => "no proposal".to_owned(),
        Some(at) => value(at),
        None => otherwise.to_owned(),
    };
    let change = |d: &Difference| Change {
        title: d.title.clone(),
        before: told(&d.before, nothing),
        after: told(&d.after, gone),
    };
    all.iter().map(change).collect()
}

/// `version 3`.
pub(crate) fn version(number: &i32) -> String {
    format!("version {number}")
}

/// A parameter's value as a person reads it.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Null => "nothing".to_owned(),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            if items.is_empty() {
                "none".to_owned()
            } else {
                items.iter().map(self::value).collect::<Vec<_>>().join(", ")
            }
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn money_and_time_are_said_as_people_say_them() {
        assert_eq!(monthly(118.0, Some("EUR")), "€118 a month");
        assert_eq!(monthly(3.5, Some("USD")), "$3.50 a month");
        assert_eq!(money(1204.0, "CHF"), "CHF 1,204");
        assert_eq!(monthly(0.0, Some("EUR")), "free");
        let said: Vec<_> = [3_i64, 89, 95, 540, 6_000, 200_000].into_iter().map(lasts).collect();
        assert_eq!(said, ["3 s", "89 s", "2 min", "9 min", "2 h", "2 days"]);
    }

    #[test]
    fn values_are_words() {
        assert_eq!(value(&json!(true)), "yes");
        assert_eq!(value(&json!(["a", 2])), "a, 2");
        assert_eq!(value(&json!([])), "none");
        assert_eq!(value(&json!({"a": 1})), r#"{"a":1}"#);
    }
}
