//! Taking away what another system was asked for: only what it may have taken, and not before it said its last word.

use std::time::Duration;

use jiff::SignedDuration;

use super::{
    Looked, Made, Place, call, look,
    wish::{Undo, Wish},
};
use crate::executors::{Attempt, Ended, Failed};

/// How long undoing waits at most for the other side's last word, and where it would have answered at once.
const PATIENCE: SignedDuration = SignedDuration::from_mins(15);
const IN_FLIGHT: SignedDuration = SignedDuration::from_mins(1);
/// Between two looks.
const EVERY: Duration = Duration::from_secs(10);

pub(super) async fn undo(attempt: Attempt) -> Result<Ended, Failed> {
    let mut place = Place::of(&attempt);
    if place.made == Made::No {
        attempt.log.say("nothing was asked for that was taken");
        return Ok(Ended::done());
    }
    let call = match Wish::undo(&attempt, place.location.as_deref())? {
        Undo::Nothing => return Ok(Ended::done()),
        Undo::NotSaid => {
            return Err(Failed::platform(
                "The offering does not say how what this step asked for is taken away.",
                "Its team takes it away by hand, and gives the step an undo (or says: undo nothing).",
            ));
        }
        Undo::Call(call) => call,
    };
    let wish = Wish::of(&attempt)?;
    let waits = wish.poll.is_some() || wish.callback;
    let now = attempt.equipment.clock.now();
    let patience = if waits { PATIENCE.min(wish.within) } else { IN_FLIGHT };
    let in_time = now < *place.undo_until.get_or_insert(now + patience);
    place.settled |= attempt.job.called_back.is_some();
    if let Some(after) = not_yet(&attempt, &wish, &mut place).await.filter(|_| in_time) {
        return Ok(place.later(after));
    }
    attempt.log.say(&format!("calling {}", call.shown()));
    let answered = call::make(&attempt, &call, &format!("{}-undo", attempt.key), None).await;
    match answered.and_then(|answer| answer.undone(&attempt)).map_err(call::Went::failed) {
        // what is on its way is not there yet
        Ok(answer) if answer.is_nothing() && !place.settled && in_time => Ok(place.later(EVERY)),
        Ok(answer) if answer.is_nothing() && !place.settled && waits && place.made == Made::Yes => {
            Err(Failed::platform(
                "The other system has nothing to take away, and never said that it was done: it may still make it.",
                "Whoever runs it looks what became of the call, and takes away what is left.",
            )
            .leaving(place.kept()))
        }
        Ok(answer) => {
            attempt.log.say(&format!("it answered {}", answer.status));
            Ok(Ended::done())
        }
        Err(Ok(after)) if in_time => Ok(place.later(after)),
        Err(Ok(_)) => Err(Failed::outside(
            "The other system puts off taking away what it made, again and again.",
            "Whoever runs it looks why; then it is undone once more.",
        )
        .leaving(place.kept())),
        Err(Err(failed)) => Err(failed.leaving(place.kept())),
    }
}

/// How long to wait until the other side is asked again, where it can be asked and is still at it.
async fn not_yet(attempt: &Attempt, wish: &Wish, place: &mut Place) -> Option<Duration> {
    let (Some(poll), Some(address), false) = (&wish.poll, place.poll.clone(), place.settled) else {
        // what calls back by itself is waited for
        return (wish.callback && !place.settled).then_some(EVERY);
    };
    match look(attempt, wish, poll, &address).await {
        Ok(Looked::NotYet(after)) => return Some(after),
        Ok(Looked::Done(_) | Looked::Failed(_)) => {}
        Err(failed) => attempt.log.say(&failed.why), // taking it away says more
    }
    place.settled = true;
    None
}
