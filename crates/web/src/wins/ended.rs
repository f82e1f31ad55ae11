//! An update that is not written any more, for whoever wrote it: whether it can be taken back, and what was typed for it too late.

use portolan_domain::wins::{self, Sheet, UpdateState};

use super::sheet::{self, Typed};
use crate::{caller::Viewer, error::PageError, form::Form};

/// How it ended.
pub(crate) struct Ended {
    /// Whether it was handed up, so that there is something to be taken back.
    pub(crate) is_handed_up: bool,
    /// Why it cannot be taken back, if so.
    pub(crate) stays: Option<String>,
    /// What was typed and is not in it.
    pub(crate) typed: Typed,
    /// The form with all that was typed.
    pub(crate) form: Form,
}

impl Ended {
    pub(super) async fn of(viewer: &mut Viewer, sheet: &Sheet, form: Form) -> Result<Self, PageError> {
        let is_handed_up = sheet.rights.write && sheet.update.state == UpdateState::Submitted;
        let stays = if is_handed_up { wins::stays_up(&mut viewer.cx(), &sheet.update).await? } else { None };
        let typed = sheet::unsaved(&form, sheet);
        Ok(Self { is_handed_up, stays, typed, form })
    }

    /// Whether it can be taken back.
    pub(crate) fn may_recall(&self) -> bool {
        self.is_handed_up && self.stays.is_none()
    }

    /// Whether it can be taken back with what was typed put in.
    pub(crate) fn may_resume(&self) -> bool {
        self.may_recall() && !self.typed.is_astray
    }
}
