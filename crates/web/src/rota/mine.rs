//! One's own shifts, and the swaps one is part of.

use askama::Template;
use axum::response::Response;
use jiff::SignedDuration;
use portolan_domain::{
    Error, Limit, PersonId,
    load::{self, OwnLoad},
    rota::{self, Away, Duty, Held, Swap, SwapFilter, SwapState},
};

use crate::{
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
};

const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 7 * 26);
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "rota/mine.html")]
struct MinePage {
    shell: Shell,
    me: PersonId,
    shifts: Vec<Duty>,
    more: usize,
    swaps: Vec<Swap>,
    load: OwnLoad,
    /// One's own absences.
    away: Vec<Away>,
}

impl MinePage {
    fn is_now(&self, duty: &Duty) -> bool {
        duty.is_at(self.shell.now)
    }

    /// When one is away in a shift, in words.
    fn away(&self, duty: &Duty) -> Option<String> {
        super::away_words(&self.shell, duty, &self.away)
    }

    fn state(&self, swap: &Swap) -> SwapState {
        swap.state(self.shell.now)
    }

    /// Where somebody else takes it, or is asked to; filled in.
    fn give(&self, duty: &Duty, how: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("start", &duty.start.max(self.shell.now).to_string());
        query.append_pair("end", &duty.end.to_string());
        if let Some(me) = &duty.person {
            query.append_pair("out", &me.handle);
        }
        format!("{}/{how}?{}", super::address(&duty.schedule.slug), query.finish())
    }
}

pub(super) async fn show(mut viewer: Viewer) -> Result<Response, PageError> {
    let me = viewer.person().ok_or(Error::Unauthenticated)?;
    let shell = viewer.shell(Nav::OnCall);
    let mut shifts = rota::shifts_of_person(&mut viewer.cx(), me, shell.now, shell.now + AHEAD).await?;
    shifts.retain(|duty| duty.held == Held::Person);
    let more = shifts.len().saturating_sub(SHOWN);
    shifts.truncate(SHOWN);
    let filter = SwapFilter { person: Some(me), ..SwapFilter::default() };
    let swaps = rota::swaps(&mut viewer.cx(), &filter, None, Limit::new(50)?).await?.items;
    let load = load::mine(&mut viewer.cx()).await?;
    let away = rota::away_during(&mut viewer.cx(), &shifts).await?;
    page::html(&MinePage { shell, me, shifts, more, swaps, load, away })
}
