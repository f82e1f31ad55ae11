//! The view of a service, made for ten past three at night on a phone: who answers for it and how to reach them, how
//! critical it is, what it promised, where the runbook is, what changed last. Everything else stands below.

use askama::Template;
use axum::response::Response;
use portolan_domain::{
    catalog::{
        self, ApiUse, Apis, Entity,
        descriptor::{Audience, Slo, duration_seconds, duration_text},
    },
    changes::{self, Change},
};

use super::{about::About, contacts::Contacts, touches::Touches};
use crate::{
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
    paging::service::Watch,
};

#[derive(Template)]
#[template(path = "catalog/service.html")]
struct ServicePage {
    shell: Shell,
    entity: Entity,
    contacts: Contacts,
    slos: Vec<Slo>,
    about: About,
    latest: Vec<Change>,
    watch: Watch,
    touches: Touches,
    apis: Apis,
}

/// The view.
pub(super) async fn show(mut viewer: Viewer, entity: Entity) -> Result<Response, PageError> {
    let contacts = Contacts::of(&mut viewer, &entity).await?;
    let latest = changes::latest(&mut viewer.cx(), entity.id).await?;
    let around = catalog::neighbourhood(&mut viewer.cx(), &entity.reference).await?;
    let apis = catalog::apis(&mut viewer.cx(), &entity.reference).await?;
    let descriptor = serde_json::from_str(entity.descriptor.get()).unwrap_or_default();
    let about = About::load(&mut viewer, &entity, &descriptor).await?;
    let watch = Watch::of(&mut viewer, &entity).await?;
    page::html(&ServicePage {
        shell: viewer.shell(Nav::Catalog),
        slos: slos(&entity),
        touches: Touches::of(&entity.name, entity.tier, around),
        contacts,
        about,
        watch,
        latest,
        apis,
        entity,
    })
}

/// The declared objectives, those promised to customers first.
fn slos(entity: &Entity) -> Vec<Slo> {
    let mut slos: Vec<Slo> = serde_json::from_str(entity.slos_json.get()).unwrap_or_default();
    slos.sort_by_key(|s| s.audience != Audience::Customer);
    slos
}

/// How much failing an objective allows: `43 min of 30d`.
fn allowance(slo: &Slo) -> Option<String> {
    let window = duration_seconds(&slo.window).ok()?;
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "minutes, said roughly")]
    let seconds = (window as f64 * (100.0 - slo.objective) / 100.0) as i64;
    Some(match seconds {
        0..60 => format!("{seconds} s"),
        60..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    })
}

fn length(seconds: &i64) -> String {
    duration_text(*seconds)
}

fn window(slo: &Slo) -> String {
    slo.window.strip_suffix('d').map_or_else(|| slo.window.clone(), |days| format!("{days} days"))
}

impl ServicePage {
    /// The newest production change, else the newest anywhere.
    fn last(&self) -> Option<&Change> {
        self.latest.first()
    }

    fn has_apis(&self) -> bool {
        !self.apis.provides.is_empty() || !self.apis.consumes.is_empty()
    }

    /// Its APIs as two tables: caption, rows, heading of the other end, and what to say where nobody is there.
    fn api_sides(&self) -> [(&'static str, &[ApiUse], &'static str, &'static str); 2] {
        [
            ("It provides", &self.apis.provides, "Used by", "nobody says so"),
            ("It uses", &self.apis.consumes, "Provided by", "nobody known"),
        ]
    }
}
