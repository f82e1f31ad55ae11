//! `http.request`: has another system do it. The call is signed and may be repeated: its id is the key of the step, the same at
//! each attempt, so that a receiver drops what it has seen. Only after the other side said that it failed, somebody who has it
//! tried again asks anew: with the key and `-2`. Whether the other side is done is in its answer, asked for until it is
//! (`poll`), or told by it (`callback`).
//!
//! What was certainly not taken is not undone: under the same name there may be somebody else's thing. Undoing comes with the
//! key and `-undo`, so that the other side can tell what is meant also where it is not known whether it took the call.

mod answer;
mod call;
#[cfg(test)]
mod tests;
mod undo;
mod wish;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Attempt, Doing, Ended, Executor, Failed, Undo};
use crate::fault;
use wish::{Poll, Wish};

/// Between two looks while a call back is waited for: being called back ends the wait at once.
const LOOK: SignedDuration = SignedDuration::from_mins(10);

pub(super) const EXECUTOR: Executor = Executor {
    name: "http.request",
    about: "Calls another system, signed, and waits until it is done.",
    check: wish::check,
    run: |attempt| Box::pin(run(attempt)) as Doing,
    undo: Undo::By(|attempt| Box::pin(undo::undo(attempt)) as Doing),
};

/// How far a step came: kept between its attempts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Place {
    /// When it is too late.
    until: Option<Timestamp>,
    /// How often the other side said that it failed, and was asked anew after that.
    round: u32,
    /// Whether the call of this round was taken.
    sent: bool,
    /// Whether there may be something of ours at the other side.
    made: Made,
    /// Whether the other side said its last word.
    settled: bool,
    /// Until when undoing waits for that word.
    undo_until: Option<Timestamp>,
    /// Where the other system says how it goes.
    poll: Option<String>,
    /// The `Location` of the answer.
    location: Option<String>,
    /// What the first answer said of what is wanted.
    outputs: Map<String, Value>,
}

/// Whether something is at the other side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Made {
    /// Nothing: no call was sent, or each was refused.
    #[default]
    No,
    /// Perhaps: nobody knows whether a call was taken.
    Maybe,
    /// A call was taken.
    Yes,
}

impl Place {
    fn of(attempt: &Attempt) -> Self {
        attempt.effect.as_ref().and_then(|effect| Self::deserialize(effect).ok()).unwrap_or_default()
    }

    fn kept(&self) -> Value {
        json!(self)
    }

    /// The id of the call.
    fn id(&self, attempt: &Attempt) -> String {
        match self.round {
            0 => attempt.key.to_string(),
            round => format!("{}-{}", attempt.key, round + 1),
        }
    }

    /// The same, after the other side said that it failed: who has it tried again asks anew.
    fn anew(&self) -> Self {
        Self {
            until: None,
            round: self.round + 1,
            sent: false,
            settled: true,
            poll: None,
            outputs: Map::new(),
            ..self.clone()
        }
    }

    fn later(&self, after: Duration) -> Ended {
        Ended::Later { after, effect: self.kept() }
    }
}

async fn run(attempt: Attempt) -> Result<Ended, Failed> {
    let wish = Wish::of(&attempt)?;
    let mut place = Place::of(&attempt);
    if !attempt.job.callback.is_empty() {
        attempt.log.hide(&attempt.job.callback); // whoever has it may say that the step is done
    }
    if let Some(told) = attempt.job.called_back.as_ref().filter(|_| wish.callback) {
        return told_back(&attempt, &wish, &place, told);
    }
    let now = attempt.equipment.clock.now();
    let until = *place.until.get_or_insert(now + wish.within);
    if now >= until {
        let began_anew = Place { until: None, ..place };
        return Err(Failed { again: false, ..Failed::outside(
            format!("The other system was not done within {} minutes.", wish.within.as_mins()),
            "Ask whoever runs it how it stands, then try again: the wait begins anew, and nothing is asked for twice.",
        ) }
        .leaving(began_anew.kept()));
    }
    if !place.sent {
        return send(&attempt, &wish, place).await;
    }
    match place.poll.clone() {
        Some(address) => poll(&attempt, &wish, &place, &address).await,
        None => Ok(place.later(left(now, until, LOOK))),
    }
}

/// Calls, and sees what is to be waited for.
async fn send(attempt: &Attempt, wish: &Wish, mut place: Place) -> Result<Ended, Failed> {
    attempt.log.say(&format!("calling {}", wish.call.shown()));
    let callback = wish.callback.then_some(attempt.job.callback.as_str());
    let before = place.made;
    place.made = before.max(Made::Maybe);
    place.settled = false;
    attempt.keep.note(place.kept()).await?;
    let answered = call::make(attempt, &wish.call, &place.id(attempt), callback).await;
    fault::point("http.sent");
    let answer = match answered.and_then(|answer| answer.taken(&wish.success, attempt)) {
        Ok(answer) => answer,
        Err(call::Went::Later(after)) => {
            attempt.log.say(&format!("it is busy; calling again in {} s", after.as_secs()));
            place.made = before;
            return Ok(place.later(after));
        }
        Err(call::Went::NotTaken(failed)) => {
            place.made = before;
            return Err(failed.leaving(place.kept()));
        }
        Err(call::Went::Wrong(failed)) => return Err(failed.leaving(place.kept())),
    };
    attempt.log.say(&format!("it answered {}", answer.status));
    place.sent = true;
    place.made = Made::Yes;
    place.location = answer.location(&wish.call.url);
    if let Some(poll) = &wish.poll {
        let address = poll.address(&answer, place.location.as_deref(), &wish.call.url);
        place.poll = Some(address.map_err(|failed| failed.leaving(place.kept()))?);
    }
    if wish.callback || wish.poll.is_some() {
        place.outputs = answer.some(&wish.outputs);
        let wait = wish.poll.as_ref().map_or(Duration::from_secs(1), |poll| poll.every);
        return Ok(place.later(wait));
    }
    done(wish, &place, &answer.body)
}

/// Asks how it goes. Whoever answers badly is asked again: that the call was taken is known.
async fn poll(attempt: &Attempt, wish: &Wish, place: &Place, address: &str) -> Result<Ended, Failed> {
    let Some(poll) = &wish.poll else { return Ok(Ended::done()) };
    match look(attempt, wish, poll, address).await.map_err(|failed| failed.leaving(place.kept()))? {
        Looked::Done(body) => done(wish, place, &body),
        Looked::Failed(why) => Err(said_no(attempt, why.as_deref()).leaving(place.anew().kept())),
        Looked::NotYet(after) => Ok(place.later(after)),
    }
}

/// How it goes at the other side.
enum Looked {
    /// It is done; what it answered.
    Done(Value),
    /// It failed; why.
    Failed(Option<String>),
    /// Nothing yet; to be asked again after that.
    NotYet(Duration),
}

async fn look(attempt: &Attempt, wish: &Wish, poll: &Poll, address: &str) -> Result<Looked, Failed> {
    let asking = wish.call.asking(address)?;
    let answered = call::make(attempt, &asking, &format!("{}-poll", attempt.key), None).await;
    let answer = match answered.and_then(|answer| answer.polled(attempt)).map_err(call::Went::failed) {
        Ok(answer) => answer,
        Err(Ok(after)) => return Ok(Looked::NotYet(after.max(poll.every))),
        Err(Err(failed)) if failed.again => {
            attempt.log.say(&failed.why);
            return Ok(Looked::NotYet(poll.every));
        }
        Err(Err(failed)) => return Err(failed),
    };
    let state = answer.at(&poll.pointer);
    let is_one_of = |words: &[String]| words.iter().any(|word| Some(word) == state.as_ref());
    attempt.log.say(&format!("it is {}", state.as_deref().unwrap_or("not done yet")));
    if is_one_of(&poll.done) {
        return Ok(Looked::Done(answer.body));
    }
    if is_one_of(&poll.failed) {
        let why = poll.message.as_ref().and_then(|pointer| answer.at(pointer));
        return Ok(Looked::Failed(why.or(state)));
    }
    Ok(Looked::NotYet(poll.every))
}

/// What the other system told when it called back.
fn told_back(attempt: &Attempt, wish: &Wish, place: &Place, told: &Value) -> Result<Ended, Failed> {
    let text = |name: &str| told.get(name).and_then(Value::as_str);
    match text("outcome") {
        Some("succeeded") => {
            attempt.log.say("it called back: done");
            let place = Place { made: Made::Yes, ..place.clone() };
            done(wish, &place, told.get("outputs").unwrap_or(&Value::Null))
        }
        Some("failed") => Err(said_no(attempt, text("message")).leaving(place.anew().kept())),
        _ => Err(Failed::platform(
            "The other system called back and said neither succeeded nor failed.",
            "Whoever runs it sends an outcome; then try again.",
        )
        .leaving(place.kept())),
    }
}

fn said_no(attempt: &Attempt, why: Option<&str>) -> Failed {
    let why = why.map_or_else(|| "it did not say why".to_owned(), |why| answer::plain(attempt, why));
    let next = "Whoever runs that system knows more; the log has when it was called.";
    Failed { again: false, ..Failed::outside(format!("The other system says that it failed: {why}."), next) }
}

/// Done, with what was wanted: of the last answer, else of the first.
fn done(wish: &Wish, place: &Place, last: &Value) -> Result<Ended, Failed> {
    let place = Place { settled: true, ..place.clone() };
    let (outputs, secrets) =
        answer::wanted(wish, &place.outputs, last).map_err(|failed| failed.leaving(place.kept()))?;
    Ok(Ended::Done { outputs, secrets, effect: Place { outputs: Map::new(), ..place }.kept() })
}

/// The rest of the time, at most `most`, and never nothing.
fn left(now: Timestamp, until: Timestamp, most: SignedDuration) -> Duration {
    let left = until.duration_since(now).min(most).max(SignedDuration::from_secs(1));
    left.unsigned_abs()
}
