//! Home: what waits for the viewer, what is to be mended in what is theirs, their services, and what changed on them.

mod waits;

use askama::Template;
use axum::{Router, response::Response, routing::get};
use jiff::civil::Date;
use portolan_domain::{
    Error, Few, Limit, Page,
    catalog::{
        findings::{self, EmptyTeam, Finding},
        ownership::{self, Mine},
    },
    changes::{self, Change},
    people,
    provisioning::{self, Request},
    rota::Purpose,
    wins,
};

use waits::{Stints, Waits};

use crate::{
    Shared,
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
    words,
};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/", get(show))
}

/// Lines of what needs mending.
const SHOWN: usize = 10;

#[derive(Template)]
#[template(path = "home/home.html")]
struct HomePage {
    shell: Shell,
    today: Date,
    /// When the viewer is on call.
    stints: Stints,
    waits: Waits,
    /// What came of what the viewer asked for.
    results: Few<Request>,
    /// Whether the viewer is to be told that no letter leaves the portal.
    no_mail: bool,
    base_url: String,
    in_a_team: bool,
    catalog_is_empty: bool,
    /// Teams without anybody; what they own is told with them.
    empty: Vec<EmptyTeam>,
    findings: Page<Finding>,
    asked: Vec<Finding>,
    mine: (Vec<Mine>, i64),
    changes: Page<Change>,
    nobodys: i64,
}

impl HomePage {
    /// How many things need mending: an empty team is one, whatever it owns.
    fn to_mend(&self) -> i64 {
        self.findings.total + i64::try_from(self.empty.len()).unwrap_or(0)
    }

    /// What of the findings is shown below the empty teams.
    fn shown(&self) -> &[Finding] {
        let room = SHOWN.saturating_sub(self.empty.len()).min(self.findings.items.len());
        &self.findings.items[..room]
    }

    fn is_all_shown(&self) -> bool {
        usize::try_from(self.findings.total).is_ok_and(|total| total == self.shown().len())
    }

    /// The answer before the data.
    fn headline(&self) -> String {
        let name = self.shell.name.split_whitespace().next().unwrap_or_default();
        let hour: u32 =
            self.shell.clock_in(self.shell.zone_name()).get(..2).and_then(|h| h.parse().ok()).unwrap_or(12);
        let greeting = match hour {
            5..12 => "Good morning",
            12..18 => "Good afternoon",
            18..23 => "Good evening",
            _ => "Good night",
        };
        if self.catalog_is_empty && self.waits.is_empty() {
            return format!("{greeting}, {name}. The chart is still blank.");
        }
        format!("{greeting}, {name}. {}", self.needs())
    }

    /// What needs the viewer, in a sentence: pages that nobody is on before all else.
    fn needs(&self) -> String {
        let (waiting, more) = self.waits.count();
        let pages = self.waits.unanswered();
        let things = self.to_mend() + i64::try_from(self.asked.len() + waiting - pages).unwrap_or(0);
        let more = if more { "+" } else { "" };
        let need = if things == 1 && more.is_empty() { "thing needs" } else { "things need" };
        let things_need = |further: &str| format!("{}{more} {further}{need} you.", words::count(things));
        match (pages, things) {
            (0, 0) => "Nothing needs you.".into(),
            (0, _) => things_need(""),
            (n, 0) => format!("{} for you.", words::counted(n, "page waits", "pages wait")),
            (n, _) => {
                let pages = words::counted(n, "page waits", "pages wait");
                format!("{pages} for you, and {}", things_need("more "))
            }
        }
    }
}

async fn show(mut viewer: Viewer) -> Result<Response, PageError> {
    let me = viewer.person().ok_or(Error::Unauthenticated)?;
    let today = viewer.shell(Nav::Home).today();
    let stints = Stints::of(&mut viewer).await?;
    let waits = Waits::of(&mut viewer, me, today).await?;
    let results = provisioning::results_of_mine(&mut viewer.cx(), Limit::new(5)?).await?;
    // what is asked stands in its own words, and so does an empty team; the rest of the unconfirmed waits on the
    // findings page
    let asked = findings::asked_of_me(&mut viewer.cx()).await?;
    let empty = findings::empty_teams(&mut viewer.cx()).await?;
    let mine_only = findings::Filter {
        mine: true,
        but: &[findings::Kind::TeamEmpty, findings::Kind::NotConfirmed],
        ..findings::Filter::default()
    };
    let findings = findings::list(&mut viewer.cx(), &mine_only, None, Limit::new(10)?).await?;
    let mine = ownership::mine(&mut viewer.cx(), Limit::new(12)?).await?;
    let changed = changes::Filter { mine: true, ..changes::Filter::default() };
    let changes = changes::list(&mut viewer.cx(), &changed, None, Limit::new(8)?).await?;
    let nobody = findings::Filter { kind: Some(findings::Kind::NoOwner), ..findings::Filter::default() };
    let nobodys = if viewer.actor().admin {
        findings::list(&mut viewer.cx(), &nobody, None, Limit::new(1)?).await?.total
    } else {
        0
    };
    let in_a_team = !people::team_ids_of(&mut viewer.cx(), me).await?.is_empty();
    let catalog_is_empty = ownership::is_catalog_empty(&mut viewer.cx()).await?;
    let base_url = viewer.portal().base_url.clone();
    let no_mail = viewer.actor().admin && viewer.portal().mail_from.is_none();
    let shell = viewer.shell(Nav::Home);
    page::html(&HomePage {
        shell,
        today,
        stints,
        waits,
        results,
        no_mail,
        base_url,
        in_a_team,
        catalog_is_empty,
        empty,
        findings,
        asked,
        mine,
        changes,
        nobodys,
    })
}
