//! Being paged for one service: its way, its maintenance, and what goes on below it. The view of a service shows the
//! part that a night needs.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use jiff::{Timestamp, tz::TimeZone};
use portolan_domain::{
    Error, Limit, PageId,
    catalog::{self, Entity, EntityRef, Owner},
    incidents::{self, Below, GoingOn},
    paging::{self, Because, Filter, NewWindow, Paged, State, Way, Window, WindowFilter},
    people, rota,
};

use super::Leg;
use crate::{
    address,
    caller::Viewer,
    error::PageError,
    flash::{Flash, Tone},
    form::Form,
    page::{self, Nav, Shell},
};

/// What the view of a service shows of it; included by `paging/service.html`.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Its pages that are not over, newest first.
    pub(crate) live: Vec<Paged>,
    /// Which of them the viewer may act on.
    pub(crate) may_act: Vec<PageId>,
    /// Its windows that are in force or begin within a day.
    pub(crate) windows: Vec<Window>,
    /// What goes on below it.
    pub(crate) below: Below,
    /// Whether somebody can be paged for it.
    pub(crate) can_page: bool,
}

impl Watch {
    /// Of an entity.
    pub(crate) async fn of(viewer: &mut Viewer, entity: &Entity) -> Result<Self, PageError> {
        let live = live(viewer, &entity.reference).await?;
        let may_act = paging::may_act_on(&mut viewer.cx(), &live).await?;
        let windows = paging::windows_now(&mut viewer.cx(), entity.id).await?;
        let below = incidents::below(&mut viewer.cx(), &entity.reference).await?;
        let can_page = entity.answers().is_some();
        Ok(Self { live, may_act, windows, below, can_page })
    }

    /// What goes on below, as rows.
    pub(crate) fn rows(&self) -> Vec<Row> {
        rows(&self.below)
    }

    /// Whether anything below is more than an ordinary change.
    pub(crate) fn is_suspicious(&self) -> bool {
        self.below.going_on.iter().any(|(_, one)| match one {
            GoingOn::Page(_) => true,
            GoingOn::Incident(incident, _) => incident.lasts(),
            GoingOn::Maintenance(_) | GoingOn::Change(_) => false,
        })
    }
}

async fn live(viewer: &mut Viewer, reference: &EntityRef) -> Result<Vec<Paged>, PageError> {
    let filter = Filter {
        states: vec![State::Open, State::Acknowledged, State::Suppressed],
        entity: Some(reference.to_string()),
        ..Filter::default()
    };
    Ok(paging::list(&mut viewer.cx(), &filter, None, Limit::new(10)?).await?.items)
}

/// Something that goes on below a service.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) icon: &'static str,
    pub(crate) tone: &'static str,
    /// What kind of thing, and how it stands.
    pub(crate) word: String,
    /// What it happens to, and where that lives.
    pub(crate) title: String,
    pub(crate) href: String,
    /// In words, and where to read on.
    pub(crate) text: String,
    pub(crate) link: Option<String>,
    pub(crate) at: Timestamp,
    /// How far below: 1 or 2.
    pub(crate) level: u8,
}

/// What goes on below, as rows of one shape.
pub(crate) fn rows(below: &Below) -> Vec<Row> {
    let row = |(level, one): &(u8, GoingOn)| {
        let (level, at) = (*level, one.at());
        match one {
            GoingOn::Incident(i, hurt) => Row {
                icon: "warn",
                tone: crate::incidents::tone(&i.state),
                word: format!("Incident {}: {}", i.number, i.state.label().to_lowercase()),
                title: hurt.title.clone(),
                href: address::entity(&hurt.entity_ref),
                text: i.title.clone(),
                link: Some(format!("/incidents/{}", i.number)),
                at,
                level,
            },
            GoingOn::Page(p) => Row {
                icon: "bell",
                tone: super::tone(p),
                word: format!("Page {}: {}", p.number, super::word(p).to_lowercase()),
                title: p.entity_title.clone().unwrap_or_default(),
                href: p.entity_ref.as_deref().map(address::entity).unwrap_or_default(),
                text: p.summary.clone(),
                link: Some(format!("/pages/{}", p.number)),
                at,
                level,
            },
            GoingOn::Maintenance(w) => Row {
                icon: "make",
                tone: "info",
                word: "Maintenance".into(),
                title: w.entity_title.clone(),
                href: address::entity(&w.entity_ref),
                text: w.reason.clone(),
                link: None,
                at,
                level,
            },
            GoingOn::Change(c) => Row {
                icon: "ship",
                tone: crate::changes::tone(&c.status),
                word: format!("{} in {}", crate::changes::word(&c.status), c.environment),
                title: c.entity_title.clone(),
                href: address::entity(&c.entity_ref),
                text: c.version.clone(),
                link: c.link.clone(),
                at,
                level,
            },
        }
    };
    below.going_on.iter().map(row).collect()
}

#[derive(Template)]
#[template(path = "paging/entity.html")]
struct EntityPage {
    shell: Shell,
    entity: Entity,
    way: Option<Way>,
    steps: Vec<String>,
    policies: Vec<(String, String)>,
    windows: Vec<Window>,
    may_edit: bool,
    /// Whether the viewer may plan maintenance: whoever operates it may, too.
    may_plan: bool,
    form: Form,
}

impl EntityPage {
    fn address(&self) -> String {
        address::entity(&self.entity.reference)
    }

    fn way(&self) -> Vec<Leg> {
        let minutes: Vec<_> = self.way.iter().flat_map(|w| &w.plan.steps).map(|s| s.minutes).collect();
        super::way(&self.steps, &minutes, None)
    }
}

type EntityPath = Path<(String, String, String)>;

fn reference((kind, namespace, name): &(String, String, String)) -> EntityRef {
    EntityRef::new(kind, namespace, name)
}

pub(super) async fn show(mut viewer: Viewer, Path(path): EntityPath) -> Result<Response, PageError> {
    let entity = catalog::get(&mut viewer.cx(), &reference(&path)).await?;
    render(viewer, entity, Form::blank(), StatusCode::OK).await
}

async fn render(
    mut viewer: Viewer,
    entity: Entity,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let team = entity.owner.as_ref().and_then(Owner::team_id);
    let (way, policies) = match team {
        Some(team) => {
            // whoever operates it is paged; its owner says which policy
            let paged = entity.answers().map_or(team, |team| team.id);
            let way = paging::way(&mut viewer.cx(), paged, Some(entity.id)).await?;
            let slug = people::team_by_id(&mut viewer.cx(), team).await?.slug;
            let all = paging::policies(&mut viewer.cx(), Some(&slug), None, None, Limit::new(100)?).await?;
            (Some(way), all.items.into_iter().map(|p| (p.slug, p.name)).collect())
        }
        None => (None, Vec::new()),
    };
    let steps = match &way {
        Some(way) => paging::step_words(&mut viewer.cx(), &way.plan).await?,
        None => Vec::new(),
    };
    let windows = windows(&mut viewer, &entity.reference).await?;
    let may_edit = match team {
        Some(team) => people::team_rights(&mut viewer.cx(), team).await?.edit,
        None => viewer.cx().admin().is_ok(),
    };
    let may_plan = catalog::may_run(&mut viewer.cx(), &entity).await?;
    let form = match &way {
        Some(way) if form.value("policy").is_empty() && way.because == Because::OwnPolicy => {
            let own = way.policy.as_ref().map(|p| p.1.as_str());
            let slug = policies.iter().find(|(_, name): &&(String, String)| Some(name.as_str()) == own);
            form.with_optional("policy", slug.map(|(slug, _)| slug))
        }
        _ => form,
    };
    let shell = viewer.shell(Nav::Catalog);
    page::html_as(
        status,
        &EntityPage { shell, entity, way, steps, policies, windows, may_edit, may_plan, form },
    )
}

async fn windows(viewer: &mut Viewer, reference: &EntityRef) -> Result<Vec<Window>, PageError> {
    let filter = WindowFilter { entity: Some(reference.to_string()), ..WindowFilter::default() };
    Ok(paging::windows(&mut viewer.cx(), &filter, None, Limit::new(20)?).await?.items)
}

pub(super) async fn assign(
    mut viewer: Viewer,
    Path(path): EntityPath,
    mut form: Form,
) -> Result<Response, PageError> {
    let reference = reference(&path);
    match paging::assign_policy(&mut viewer.cx(), &reference, form.optional("policy").as_deref()).await {
        Ok(()) => Ok(Flash::ok("Saved.", "Pages that open from now on go that way.")
            .on(&format!("{}/paging", address::entity(&reference)))),
        Err(error) => {
            let status = form.refuse(error)?;
            let entity = catalog::get(&mut viewer.cx(), &reference).await?;
            render(viewer, entity, form, status).await
        }
    }
}

pub(super) async fn plan(
    mut viewer: Viewer,
    Path(path): EntityPath,
    mut form: Form,
) -> Result<Response, PageError> {
    let reference = reference(&path);
    match planned(&mut viewer, &form, &reference).await {
        Ok((window, overlaps)) => {
            let flash = match overlaps.as_slice() {
                [] => Flash::ok("Planned.", format!("Pages of {} are kept quiet then.", window.entity_title)),
                some => Flash::new(
                    Tone::Warn,
                    "Planned.",
                    format!(
                        "It overlaps {}; both are shown below.",
                        crate::words::counted(some.len(), "other window", "other windows")
                    ),
                ),
            };
            Ok(flash.on(&format!("{}/paging", address::entity(&reference))))
        }
        Err(error) => {
            let status = form.refuse(error)?;
            let entity = catalog::get(&mut viewer.cx(), &reference).await?;
            render(viewer, entity, form, status).await
        }
    }
}

/// Times are typed as wall times of the viewer; what comes twice or not at all on that day is refused.
async fn planned(
    viewer: &mut Viewer,
    form: &Form,
    reference: &EntityRef,
) -> Result<(Window, Vec<Window>), Error> {
    let zone = TimeZone::get(&viewer.actor().time_zone).unwrap_or(TimeZone::UTC);
    let typed = |field: &str| match form.optional(field) {
        Some(text) => {
            rota::typed_time(&text, &zone).map(Some).map_err(|e| Error::invalid(field, e.to_string()))
        }
        None => Ok(None),
    };
    let (from, until) = (typed("from")?, typed("until")?);
    let until = until.ok_or_else(|| Error::invalid("until", "is needed"))?;
    let new = NewWindow { entity: reference.clone(), from, until, reason: form.text("reason") };
    paging::plan_maintenance(&mut viewer.cx(), new).await
}
