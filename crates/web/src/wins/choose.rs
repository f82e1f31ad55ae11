//! Choosing from below: what was handed to an update, and the lines that were made of it. Once it is handed up it is only read.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use portolan_domain::{
    Error, WinsEntryId,
    wins::{self, Below, Checked, Entry, Kind, Sensitivity, Sheet, Update, UpdateState},
};

use super::{ended::Ended, sheet};
use crate::{
    caller::Viewer,
    error::PageError,
    form::Form,
    page::{self, Nav, Shell},
    words,
};

/// What both pages show: the update, and what was handed to it.
struct Chosen {
    sheet: Sheet,
    below: Vec<Below>,
}

impl Chosen {
    fn update(&self) -> &Update {
        &self.sheet.update
    }

    /// What a line was made of.
    fn originals(&self, line: &WinsEntryId) -> Vec<&Entry> {
        let offered = self.below.iter().flat_map(|below| &below.entries);
        offered.filter(|o| o.line == Some(*line)).map(|o| &o.entry).collect()
    }

    fn both(&self) -> [(&[Checked], &'static str); 2] {
        [(&self.sheet.wins, "Win"), (&self.sheet.challenges, "Challenge")]
    }

    fn late(&self) -> Vec<&Below> {
        self.below.iter().filter(|b| b.late && b.update.submitted_at.is_none()).collect()
    }

    fn is_empty(&self) -> bool {
        self.below.iter().all(|below| below.entries.is_empty())
    }

    /// `2 of at most 4 wins, 1 of at most 2 challenges; 2 of them may be published`.
    fn counted(&self) -> String {
        let Update { most_wins, most_challenges, handed_to, .. } = self.update();
        let (wins, challenges) = (self.sheet.going_up(Kind::Win), self.sheet.going_up(Kind::Challenge));
        let held = format!(
            "{wins} of at most {most_wins} wins, {challenges} of at most {most_challenges} challenges"
        );
        let mut all = sheet::entries(&self.sheet);
        let read =
            sheet::entries(&self.sheet).filter(|entry| entry.sensitivity == Sensitivity::Publish).count();
        if handed_to.is_some() || all.all(|entry| entry.sensitivity == Sensitivity::Publish) {
            held
        } else {
            format!("{held}; {read} of them may be published")
        }
    }

    /// Why nobody would read a line, if so: what the top hands up is read nowhere but where it is published.
    fn unread(&self, line: &Entry) -> Option<String> {
        if self.update().handed_to.is_some() || line.sensitivity == Sensitivity::Publish {
            return None;
        }
        let mut whom: Vec<&str> = Vec::new();
        for origin in self.originals(&line.id) {
            let who = origin.author.as_ref().map_or(origin.team.name.as_str(), |who| who.name.as_str());
            if origin.sensitivity != Sensitivity::Publish && !whom.contains(&who) {
                whom.push(who);
            }
        }
        Some(if whom.is_empty() {
            "Nobody will read it: it may not be published. Say below that it may, or leave it out.".into()
        } else {
            format!(
                "Nobody will read it: what it was made of may not be published. Ask {}, or leave it out.",
                whom.join(" and ")
            )
        })
    }
}

#[derive(Template)]
#[template(path = "wins/choose.html")]
struct ChoosePage {
    shell: Shell,
    chosen: Chosen,
    form: Form,
    /// What was pressed and not done, though what was typed was kept.
    undone: Option<String>,
}

impl ChoosePage {
    /// The number that an entry is ticked by: the same before and after others were lifted.
    fn number(&self, id: &WinsEntryId) -> usize {
        let mut all = self.chosen.below.iter().flat_map(|below| &below.entries);
        all.position(|offered| offered.entry.id == *id).map_or(usize::MAX, |at| at + 1)
    }
}

#[derive(Template)]
#[template(path = "wins/chosen.html")]
struct ChosenPage {
    shell: Shell,
    chosen: Chosen,
    ended: Ended,
    undone: Option<String>,
}

impl ChosenPage {
    /// Why nothing is changed here.
    fn why(&self) -> String {
        let Update { state, handed_to, cycle, team, .. } = self.chosen.update();
        match (state, handed_to, &self.ended.stays) {
            (UpdateState::Submitted, Some(above), None) => {
                format!("It was handed to {}. Take it back to change it.", above.name)
            }
            (UpdateState::Submitted, Some(above), Some(why)) => {
                format!("It was handed to {}. {}.", above.name, words::sentence(why))
            }
            (UpdateState::Submitted, None, _) => {
                "It is ready to be published. Take it back to change it.".into()
            }
            (UpdateState::Published, ..) => "It is published, and stays as it is.".into(),
            (UpdateState::Open | UpdateState::Missed, ..) => format!(
                "{} was closed before it was handed up. What {} wrote for it itself waits for the next cycle.",
                words::sentence(&cycle.title()),
                team.name
            ),
        }
    }
}

/// What was handed to an update, beside its lines: a form while it is written.
pub(super) async fn page(
    viewer: &mut Viewer,
    sheet: Sheet,
    form: Form,
    undone: Option<String>,
    status: StatusCode,
) -> Result<Response, PageError> {
    if !sheet.rights.write {
        let words = format!("whoever writes for {} chooses for it", sheet.update.team.name);
        return Err(Error::Forbidden(words).into());
    }
    let below = wins::below(&mut viewer.cx(), sheet.update.id).await?;
    let is_open = sheet.update.state == UpdateState::Open && sheet.update.cycle.published_at.is_none();
    if is_open {
        let (shell, chosen) = (viewer.shell(Nav::Wins), Chosen { sheet, below });
        page::html_as(status, &ChoosePage { shell, chosen, form, undone })
    } else {
        let ended = Ended::of(viewer, &sheet, form).await?;
        let (shell, chosen) = (viewer.shell(Nav::Wins), Chosen { sheet, below });
        page::html_as(status, &ChosenPage { shell, chosen, ended, undone })
    }
}
