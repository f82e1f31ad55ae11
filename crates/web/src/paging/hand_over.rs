//! Notes at the change of a shift: the list, and one of them to read or to write.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use portolan_domain::{
    Cursor, Error, HandOverId, Limit, Page, PageId,
    paging::{self, HandOver, HandOverFilter, HandOverView, Paged},
};

use super::some;
use crate::{
    address::Steps,
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

/// The address bar holds the whole state.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    team: String,
    #[serde(default)]
    mine: String,
    #[serde(default)]
    after: String,
}

impl Asked {
    fn address(&self, after: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let pairs =
            [("team", self.team.as_str()), ("mine", &self.mine), ("after", after.unwrap_or_default())];
        query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()));
        let query = query.finish();
        if query.is_empty() { "/hand-overs".into() } else { format!("/hand-overs?{query}") }
    }
}

#[derive(Template)]
#[template(path = "paging/hand_overs.html")]
struct ListPage {
    shell: Shell,
    asked: Asked,
    page: Page<HandOver>,
}

impl ListPage {
    fn steps(&self) -> Steps {
        let around = (self.page.previous.as_ref(), self.page.next.as_ref());
        Steps::new(around, !self.asked.after.is_empty(), |after| self.asked.address(after))
    }
}

pub(super) async fn list(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let filter = HandOverFilter { team: some(&asked.team), mine: !asked.mine.is_empty() };
    let after = some(&asked.after).map(Cursor::from_text);
    let page = paging::hand_overs(&mut viewer.cx(), &filter, after, Limit::new(50)?).await?;
    page::html(&ListPage { shell: viewer.shell(Nav::Pages), asked, page })
}

#[derive(Template)]
#[template(path = "paging/hand_over.html")]
struct NotePage {
    shell: Shell,
    view: HandOverView,
    /// Which of its pages the viewer may act on.
    may_act: Vec<PageId>,
    form: Form,
}

impl NotePage {
    /// Where all changes of the shift stand, if these are not all.
    fn all_changes(&self) -> Option<String> {
        let view = &self.view;
        if i64::try_from(view.changes.len()).is_ok_and(|shown| shown >= view.changes_total) {
            return None;
        }
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("team", &view.note.team.slug);
        query.append_pair("from", &view.note.since.to_string());
        query.append_pair("until", &view.until.to_string());
        Some(format!("/changes?{}", query.finish()))
    }

    fn unjudged(&self) -> Vec<&Paged> {
        self.view.pages.iter().filter(|p| p.is_unjudged()).collect()
    }

    fn open(&self) -> Vec<&Paged> {
        self.view.pages.iter().filter(|p| p.resolved_at.is_none()).collect()
    }
}

fn id(text: &str) -> Result<HandOverId, Error> {
    text.parse().map_err(|_| Error::not_found("hand-over", text))
}

pub(super) async fn form(mut viewer: Viewer, Path(text): Path<String>) -> Result<Response, PageError> {
    let view = paging::hand_over(&mut viewer.cx(), id(&text)?).await?;
    let form = filled(&view);
    rendered(viewer, view, form, StatusCode::OK).await
}

async fn rendered(
    mut viewer: Viewer,
    view: HandOverView,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let may_act = paging::may_act_on(&mut viewer.cx(), &view.pages).await?;
    page::html_as(status, &NotePage { shell: viewer.shell(Nav::Pages), view, may_act, form })
}

fn filled(view: &HandOverView) -> Form {
    Form::blank().with("body", &view.text).with("version", view.note.version)
}

pub(super) async fn write(
    mut viewer: Viewer,
    Path(text): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let (id, publish) = (id(&text)?, form.value("act") == "publish");
    let written =
        paging::write_hand_over(&mut viewer.cx(), id, form.value("body"), publish, form.version()).await;
    match written {
        Ok(note) if publish => {
            let whom = note.to.map_or_else(
                || "Nobody comes after you yet".to_owned(),
                |to| format!("{} sees it first", to.name),
            );
            Ok(Flash::ok("Published.", format!("{whom}.")).on(&format!("/hand-overs/{text}")))
        }
        Ok(_) => {
            Ok(Flash::ok("Saved.", "Nobody is told until you publish it.").on(&format!("/hand-overs/{text}")))
        }
        Err(error) => {
            let overtaken = matches!(error, Error::Stale);
            let status: StatusCode = form.refuse(error)?;
            let view = paging::hand_over(&mut viewer.cx(), id).await?;
            if overtaken {
                form.overtaken(&filled(&view));
            }
            rendered(viewer, view, form, status).await
        }
    }
}
