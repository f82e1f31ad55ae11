//! Who has the support shift of a team: now, or when its support hours begin again.

use jiff::{SignedDuration, Timestamp};

use crate::{
    Cx, Result, TeamId,
    rota::{self, Contact, Held, Purpose},
};

/// How far ahead the next shift is looked for: a week holds a weekend and a holiday or two.
const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 8);

/// Whoever answers for a team.
#[derive(Debug, Clone)]
pub struct OnDuty {
    /// Who.
    pub person: Contact,
    /// From when on; none: now.
    pub from: Option<Timestamp>,
}

/// Who answers for a team: whoever has its support shift, or outside of its hours whoever has the next one. None where the
/// team has no support schedule, and where somebody should be there now and nobody is.
pub async fn on_duty(cx: &mut Cx<'_>, team: TeamId) -> Result<Option<OnDuty>> {
    let Some(schedule) = rota::schedules_of_team(cx, team, Purpose::Support).await?.into_iter().next() else {
        return Ok(None);
    };
    let now = cx.now();
    let until = now.saturating_add(AHEAD).unwrap_or(now);
    let duties = rota::shifts_of_schedule(cx, &schedule, now, until).await?;
    let (lasting, coming): (Vec<_>, Vec<_>) = duties.into_iter().partition(|duty| duty.is_at(now));
    if let Some(person) = lasting.iter().find_map(|duty| duty.on_call()) {
        return Ok(Some(OnDuty { person: person.clone(), from: None }));
    }
    if lasting.iter().any(|duty| matches!(duty.held, Held::Gap | Held::Vacant)) {
        return Ok(None);
    }
    let next = coming.iter().find_map(|duty| Some((duty.on_call()?.clone(), duty.start)));
    Ok(next.map(|(person, start)| OnDuty { person, from: Some(start) }))
}
