//! A team's wins and challenges over time, and what a team sets: who stands in, what its short words mean, who is sent letters.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use portolan_domain::{
    AudienceListId, Cx, Error, Limit, ListMemberId, Page, TeamId,
    people::{self, PersonName, Team},
    wins::{
        self, AudienceList, Cycle, Entry, Kind, ListMember, Member, NewMember, Publication,
        PublicationFilter, Term, Update,
    },
};

use super::reading::key;
use crate::{
    address::{self, Steps},
    caller::Viewer,
    error::PageError,
    flash::{Flash, Tone},
    form::Form,
    ownership::team_choices,
    page::{self, Nav, Shell},
    people::choices,
};

/// Cycles of a page.
const ROWS: i64 = 10;
/// Publications beside the list.
const BESIDE: i64 = 5;

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "wins/team.html")]
struct TimelinePage {
    shell: Shell,
    team: Team,
    page: Page<(Cycle, Vec<Entry>)>,
    current: Option<Update>,
    published: Page<Publication>,
    later: bool,
    may: May,
    may_jot: bool,
}

impl TimelinePage {
    /// The entries of one kind, if there are any, with their heading.
    #[expect(clippy::unused_self, reason = "called from the template")]
    fn parts<'e>(&self, entries: &'e [Entry]) -> Vec<(&'static str, Vec<&'e Entry>)> {
        [("Wins", Kind::Win), ("Challenges", Kind::Challenge)]
            .into_iter()
            .map(|(title, kind)| (title, entries.iter().filter(|e| e.kind == kind).collect::<Vec<_>>()))
            .filter(|(_, entries)| !entries.is_empty())
            .collect()
    }

    fn steps(&self) -> Steps {
        let around = (self.page.previous.as_ref(), self.page.next.as_ref());
        Steps::new(around, self.later, |after| match after {
            Some(after) => format!("/teams/{}/wins?after={after}", self.team.slug),
            None => format!("/teams/{}/wins", self.team.slug),
        })
    }
}

pub(super) async fn show(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let after = address::cursor(&asked.after);
    let later = after.is_some();
    let cx = &mut viewer.cx();
    let team = people::team(cx, &slug).await?;
    let page = wins::timeline(cx, &slug, after, Limit::new(ROWS)?).await?;
    let current = match wins::current_update(cx, &slug).await {
        Ok(current) => current,
        Err(Error::NotFound { .. } | Error::Forbidden(_)) => None, // what is written now is not the viewer's to see
        Err(other) => return Err(other.into()),
    };
    let of_team = PublicationFilter { team: Some(slug), level: None };
    let published = wins::publications(cx, &of_team, None, Limit::new(BESIDE)?).await?;
    let may = may(cx, team.id).await?;
    let may_jot = wins::may_jot(cx, team.id).await?;
    let shell = viewer.shell(Nav::Wins);
    page::html(&TimelinePage { shell, team, page, current, published, later, may, may_jot })
}

#[derive(Template)]
#[template(path = "wins/settings.html")]
struct SettingsPage {
    shell: Shell,
    team: Team,
    deputy: Option<PersonName>,
    terms: Vec<Term>,
    /// None: the lists are not the viewer's to see.
    lists: Option<Vec<AudienceList>>,
    may: May,
    people: Vec<PersonName>,
    teams: Vec<(String, String)>,
    form: Form,
}

/// What the viewer may change.
struct May {
    deputy: bool,
    terms: bool,
    lists: bool,
}

impl May {
    /// Whether the page of settings is any use to them.
    fn any(&self) -> bool {
        self.deputy || self.terms || self.lists
    }
}

async fn may(cx: &mut Cx<'_>, team: TeamId) -> Result<May, Error> {
    Ok(May {
        deputy: wins::may_name_deputy(cx, team).await?,
        terms: people::team_rights(cx, team).await?.edit,
        lists: wins::may_change_lists(cx, team).await?,
    })
}

impl SettingsPage {
    fn crumbs(&self) -> [(String, &str); 2] {
        let team = format!("/teams/{}", self.team.slug);
        [(team.clone(), self.team.name.as_str()), (format!("{team}/wins"), "Wins and challenges")]
    }

    fn is_own(&self, term: &Term) -> bool {
        term.team.id == self.team.id
    }

    /// What a form begins with: what was refused if it was this one, else nothing.
    fn of(&self, which: &str) -> Form {
        if self.form.is("which", which) { self.form.clone() } else { Form::blank() }
    }

    /// What a field of the form of a list is called: a summary of what is wrong leads to the one that was sent.
    #[expect(clippy::unused_self, reason = "called from the template")]
    fn field(&self, form: &Form, name: &str, list: &AudienceList) -> String {
        if form.is_refused() { format!("f-{name}") } else { format!("f-{name}-{}", list.id) }
    }

    /// The form that names the deputy, with who it is.
    fn of_deputy(&self) -> Form {
        if self.form.is("which", "deputy") {
            return self.form.clone();
        }
        Form::blank().with_optional("deputy", self.deputy.as_ref().map(|p| p.handle.clone()))
    }
}

/// Name, address and kind of whoever is on a list.
pub(crate) fn member(member: &ListMember) -> (String, String, &'static str) {
    match &member.who {
        Member::Person(person) => (person.name.clone(), format!("/people/{}", person.handle), "person"),
        Member::Team(team) => {
            (team.name.clone(), format!("/teams/{}", team.slug), "team, with those below it")
        }
        Member::Outside(address) => (address.clone(), String::new(), "outside"),
    }
}

/// Tone and word of how a member stands, if there is anything to say.
pub(crate) fn waits(member: &ListMember) -> Option<(&'static str, &'static str)> {
    match (&member.who, member.stopped_at, member.allowed_at) {
        (_, Some(_), _) => Some(("unknown", "wants no more letters")),
        (Member::Outside(_), None, None) => Some(("warn", "waits for an admin, and is sent nothing")),
        _ => None,
    }
}

pub(super) async fn settings(viewer: Viewer, Path(slug): Path<String>) -> Result<Response, PageError> {
    rendered(viewer, &slug, Form::blank(), StatusCode::OK).await
}

async fn rendered(
    mut viewer: Viewer,
    slug: &str,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let cx = &mut viewer.cx();
    let team = people::team(cx, slug).await?;
    let deputy = wins::deputy(cx, slug).await?;
    let terms = wins::glossary(cx, slug).await?;
    let lists = match wins::lists(cx, slug).await {
        Ok(lists) => Some(lists),
        Err(Error::Forbidden(_) | Error::NotFound { .. }) => None,
        Err(other) => return Err(other.into()),
    };
    let may = may(cx, team.id).await?;
    let (mut people, mut teams) = (Vec::new(), Vec::new());
    if may.deputy || may.lists {
        let typed = if form.value("person").is_empty() { "deputy" } else { "person" };
        people = choices(&mut viewer, form.value(typed)).await?;
        teams = team_choices(&mut viewer).await?;
    }
    let shell = viewer.shell(Nav::Wins);
    page::html_as(status, &SettingsPage { shell, team, deputy, terms, lists, may, people, teams, form })
}

/// Back to the settings with what was done, or the settings with what was wrong in the form of this name.
async fn done<T>(
    viewer: Viewer,
    slug: &str,
    mut form: Form,
    which: &str,
    result: Result<T, Error>,
    told: impl FnOnce(T) -> Flash,
) -> Result<Response, PageError> {
    match result {
        Ok(done) => Ok(told(done).on(&format!("/teams/{slug}/wins/settings"))),
        Err(error) => {
            let status = form.refuse(error)?;
            rendered(viewer, slug, form.with("which", which), status).await
        }
    }
}

pub(super) async fn set_deputy(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let who = form.optional("deputy");
    let result = wins::set_deputy(&mut viewer.cx(), &slug, who.as_deref()).await;
    done(viewer, &slug, form, "deputy", result, |deputy| match deputy {
        Some(person) => Flash::ok(
            "Named.",
            format!("{} may write in the lead's place, and is reminded while the lead is away.", person.name),
        ),
        None => {
            Flash::ok("Nobody stands in.", "When the lead is away, they name a delegate for each update.")
        }
    })
    .await
}

pub(super) async fn put_term(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let (short, long) = (form.text("short"), form.text("long"));
    let result = wins::put_term(&mut viewer.cx(), &slug, &short, &long).await;
    done(viewer, &slug, form, "term", result, |()| Flash::ok("Kept.", format!("{short} stands for {long}.")))
        .await
}

pub(super) async fn remove_term(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let short = form.text("short");
    let result = wins::remove_term(&mut viewer.cx(), &slug, &short).await;
    done(viewer, &slug, form, "term", result, |()| Flash::ok("Forgotten.", "")).await
}

pub(super) async fn create_list(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let result = wins::create_list(&mut viewer.cx(), &slug, &form.text("name")).await;
    done(viewer, &slug, form, "list", result, |list| {
        Flash::ok("Made.", format!("Nobody is on {} yet.", list.name))
    })
    .await
}

pub(super) async fn delete_list(
    mut viewer: Viewer,
    Path((slug, id)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let id: AudienceListId = key("list", &id)?;
    wins::delete_list(&mut viewer.cx(), id).await?;
    Ok(Flash::ok("Deleted.", "Nobody is sent letters because of it any more.")
        .on(&format!("/teams/{slug}/wins/settings")))
}

pub(super) async fn add_to_list(
    mut viewer: Viewer,
    Path((slug, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PageError> {
    let list: AudienceListId = key("list", &id)?;
    let who = if let Some(person) = form.optional("person") {
        Ok(NewMember::Person(person))
    } else if let Some(team) = form.optional("team") {
        Ok(NewMember::Team(team))
    } else if let Some(address) = form.optional("email") {
        Ok(NewMember::Outside(address))
    } else {
        Err(Error::invalid("person", "must be a person, or choose a team or write an address below"))
    };
    let result = match who {
        Ok(who) => wins::add_to_list(&mut viewer.cx(), list, &who).await,
        Err(error) => Err(error),
    };
    done(viewer, &slug, form, &id, result, |added| match waits(&added) {
        Some((_, word)) => Flash::new(Tone::Warn, "Put on the list.", format!("The address {word}.")),
        None => {
            Flash::ok("Put on the list.", format!("{} is sent what is published next.", member(&added).0))
        }
    })
    .await
}

pub(super) async fn remove_from_list(
    mut viewer: Viewer,
    Path((slug, id)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let id: ListMemberId = key("member of a list", &id)?;
    wins::remove_from_list(&mut viewer.cx(), id).await?;
    Ok(Flash::ok("Taken off.", "").on(&format!("/teams/{slug}/wins/settings")))
}
