//! What the events say, for admins. No row names a person, and small numbers stay vague: of three people one could guess
//! who it was.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::store;
use crate::{Cx, Result};

/// Below this many people a number is not told.
const FEW: i64 = 5;

/// "fewer than 5" instead of a number that could point at somebody.
pub fn few(people: i64) -> String {
    match people {
        0 => "nobody".into(),
        n if n < FEW => format!("fewer than {FEW}"),
        n => n.to_string(),
    }
}

/// One week.
#[derive(Debug, Clone, Serialize)]
pub struct Week {
    /// Its Monday, midnight UTC.
    pub from: Timestamp,
    /// Different people; to be told through [`few`].
    pub people: i64,
    /// Different teams.
    pub teams: i64,
    /// Events.
    pub events: i64,
}

/// A search that found nothing.
#[derive(Debug, Clone, Serialize)]
pub struct EmptySearch {
    /// What was searched for.
    pub text: String,
    /// How often.
    pub times: i64,
    /// When last.
    pub last: Timestamp,
}

/// A thing that people open.
#[derive(Debug, Clone, Serialize)]
pub struct Opened {
    /// What.
    pub subject: String,
    /// How often.
    pub times: i64,
    /// By how many different teams.
    pub teams: i64,
}

/// The last weeks.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The weeks, newest first; at most twelve.
    pub weeks: Vec<Week>,
    /// Searches without a result in the last 28 days, the most frequent first; at most 50.
    pub empty_searches: Vec<EmptySearch>,
    /// Searches of the last 28 days, and how many of them found something.
    pub searches: (i64, i64),
    /// What was opened in the last 28 days, the most frequent first; at most 50.
    pub opened: Vec<Opened>,
    /// What was done in the last 28 days, by kind.
    pub kinds: Vec<(String, i64)>,
}

/// What the events of the last weeks say; for admins.
pub async fn report(cx: &mut Cx<'_>) -> Result<Report> {
    cx.admin()?;
    let ago = |days: i64| cx.now().saturating_sub(SignedDuration::from_hours(24 * days)).unwrap_or_default();
    let (quarter, month) = (ago(84), ago(28));
    Ok(Report {
        weeks: store::weeks(cx, quarter).await?,
        empty_searches: store::empty_searches(cx, month).await?,
        searches: store::searches(cx, month).await?,
        opened: store::opened(cx, month).await?,
        kinds: store::kinds(cx, month).await?,
    })
}

#[cfg(test)]
mod tests {
    use super::few;

    #[test]
    fn small_numbers_stay_vague() {
        assert_eq!([0, 1, 4, 5, 120].map(few), ["nobody", "fewer than 5", "fewer than 5", "5", "120"]);
    }
}
