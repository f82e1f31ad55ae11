//! The tree of teams, and the page of one.

use std::collections::{HashMap, HashSet};

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query},
    response::Response,
    routing::get,
};
use portolan_domain::{
    Cursor, Limit, Page, TeamId, activity,
    catalog::{self, Owned, findings},
    people::{self, Member, OrgTeam, PersonName, Team, TeamName},
    provisioning::{self, Holdings},
    rota::{self, OnCall, Purpose, Schedule, ScheduleFilter},
    support::{self, Counts},
};

use super::choices;
use crate::{
    Shared,
    activity::{Told, tell},
    address::{self, Steps},
    caller::Viewer,
    catalog::counted,
    error::PageError,
    form::Form,
    page::{self, Nav, Shell},
    rota::wrong::{Wrong, wrong},
};

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/teams", get(tree)).route("/teams/{slug}", get(show))
}

/// One step through the tree: templates do not recurse, so they are walked along it.
#[derive(Debug)]
enum Step {
    /// A team with teams below it, which follow until the matching close.
    Open(Row),
    /// A team without teams below it.
    Leaf(Row),
    /// The end of the innermost open team.
    Close,
}

impl Step {
    fn open(&self) -> Option<&Row> {
        if let Self::Open(row) = self { Some(row) } else { None }
    }
}

#[derive(Debug)]
struct Row {
    team: OrgTeam,
    /// Members of the team and of all teams below it.
    all: i64,
    /// Teams below it, at any depth.
    below: usize,
    depth: usize,
}

#[derive(Template)]
#[template(path = "people/teams.html")]
struct TreePage {
    shell: Shell,
    steps: Vec<Step>,
    teams: usize,
    may_create: bool,
}

async fn tree(mut viewer: Viewer) -> Result<Response, PageError> {
    let org = people::org(&mut viewer.cx()).await?;
    let ids: Vec<TeamId> = org.iter().map(|t| t.id).collect();
    let admin = viewer.cx().admin().is_ok();
    let may_create = admin || !people::editable_teams(&mut viewer.cx(), &ids).await?.is_empty();
    page::html(&TreePage { shell: viewer.shell(Nav::Teams), teams: org.len(), steps: walk(org), may_create })
}

/// The tree in the order in which a page shows it. Teams whose parent is unknown stand at the top. Walked without
/// recursion: descriptors may pile teams up as high as they like.
fn walk(org: Vec<OrgTeam>) -> Vec<Step> {
    let known: HashSet<TeamId> = org.iter().map(|t| t.id).collect();
    let mut below: HashMap<Option<TeamId>, Vec<OrgTeam>> = HashMap::new();
    for team in org {
        below.entry(team.parent_id.filter(|p| known.contains(p))).or_default().push(team);
    }
    let mut steps = Vec::new();
    // where the open teams stand among the steps, and the teams that are still to come; none: one is closed
    let mut open: Vec<usize> = Vec::new();
    let mut ahead: Vec<Option<OrgTeam>> =
        below.remove(&None).unwrap_or_default().into_iter().rev().map(Some).collect();
    while let Some(next) = ahead.pop() {
        let (people, teams) = if let Some(team) = next {
            let row = Row { all: team.members, below: 0, depth: open.len(), team };
            if let Some(children) = below.remove(&Some(row.team.id)) {
                open.push(steps.len());
                steps.push(Step::Open(row));
                ahead.push(None);
                ahead.extend(children.into_iter().rev().map(Some));
                continue;
            }
            let people = row.all;
            steps.push(Step::Leaf(row));
            (people, 1)
        } else {
            let closed = open.pop().and_then(|at| steps.get(at)).and_then(Step::open);
            let counted = closed.map_or((0, 0), |row| (row.all, row.below + 1));
            steps.push(Step::Close);
            counted
        };
        if let Some(Step::Open(above)) = open.last().and_then(|at| steps.get_mut(*at)) {
            above.all += people;
            above.below += teams;
        }
    }
    steps
}

#[derive(Template)]
#[template(path = "people/team.html")]
struct TeamPage {
    shell: Shell,
    team: Team,
    above: Vec<TeamName>,
    subs: Vec<TeamName>,
    lead: Option<PersonName>,
    lead_phone: Option<String>,
    lead_zone: String,
    members: Page<Member>,
    former: Vec<Member>,
    owned: Owned,
    acts: Vec<Told>,
    findings: i64,
    support: Counts,
    /// What it got by self-service.
    holdings: Holdings,
    may_edit: bool,
    ask: Vec<PersonName>,
    /// Who is on call, if the team has a schedule.
    on_call: Option<OnCall>,
    schedules: Vec<Schedule>,
    warnings: Vec<Wrong>,
    add: Form,
    /// People to choose a member from.
    people: Vec<PersonName>,
    /// Whether this is not the first page of members.
    later: bool,
}

impl TeamPage {
    fn steps(&self) -> Steps {
        let around = (self.members.previous.as_ref(), self.members.next.as_ref());
        Steps::new(around, self.later, |after| match after {
            Some(after) => format!("/teams/{}?after={after}#people", self.team.slug),
            None => format!("/teams/{}#people", self.team.slug),
        })
    }

    fn crumbs(&self) -> Vec<(String, &str)> {
        let above = self.above.iter().rev().map(|t| (format!("/teams/{}", t.slug), t.name.as_str()));
        std::iter::once(("/teams".to_owned(), "Teams")).chain(above).collect()
    }

    fn is_lead(&self, member: &Member) -> bool {
        self.team.lead_id == Some(member.person.id)
    }

    /// Whether every membership is a descriptor's.
    fn all_described(&self) -> bool {
        self.members.items.iter().all(|m| m.origin != people::Origin::Portal)
    }

    /// `Owns 14 services and more`, and what of it matters most or else what the rest is.
    fn owns(&self) -> (String, String) {
        let mut kinds = self.owned.kinds.iter().map(|(kind, n)| counted(kind, *n));
        let Some(first) = kinds.next() else { return ("Owns nothing".into(), String::new()) };
        let rest: Vec<_> = kinds.collect();
        let critical =
            self.owned.tiers.iter().filter_map(|(tier, things)| Some((tier.filter(|t| *t < 2)?, things)));
        let critical: Vec<_> =
            critical.map(|(tier, things)| format!("{} of tier {tier}", things.len())).collect();
        let more = if rest.is_empty() { "" } else { " and more" };
        (
            format!("Owns {first}{more}"),
            if critical.is_empty() { rest.join(", ") } else { critical.join(", ") },
        )
    }

    fn is_unreachable(&self) -> bool {
        let t = &self.team;
        t.chat_channel.is_none() && t.chat_url.is_none() && t.email.is_none() && t.phone.is_none()
    }
}

/// Where the list of members goes on.
#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    #[serde(default)]
    after: String,
}

async fn show(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let after = address::cursor(&asked.after);
    let page = team_page(&mut viewer, &slug, Form::blank(), after).await?;
    page::html(&page)
}

async fn team_page(
    viewer: &mut Viewer,
    slug: &str,
    add: Form,
    after: Option<Cursor>,
) -> Result<TeamPage, PageError> {
    let shell = viewer.shell(Nav::Teams);
    let team = people::team(&mut viewer.cx(), slug).await?;
    let (acts, _) = activity::latest(&mut viewer.cx(), &format!("team:{}", team.slug), 8).await?;
    let acts = tell(viewer, acts).await?;
    let may_edit = people::team_rights(&mut viewer.cx(), team.id).await?.edit;
    let people = if may_edit { choices(viewer, add.value("person")).await? } else { Vec::new() };
    let later = after.is_some();
    let cx = &mut viewer.cx();
    let of_team = ScheduleFilter { team: Some(team.slug.clone()), ..ScheduleFilter::default() };
    let schedules = rota::schedules(cx, &of_team, None, Limit::new(50)?).await?.items;
    let keys: Vec<_> = schedules.iter().map(|s| s.id).collect();
    let warnings = wrong(cx, &keys).await?;
    let on_call = if schedules.iter().any(|s| s.purpose == Purpose::OnCall) {
        let (name, now) =
            (TeamName { id: team.id, slug: team.slug.clone(), name: team.name.clone() }, cx.now());
        Some(rota::on_call(cx, &name, Purpose::OnCall, now).await?)
    } else {
        None
    };
    let drifted = findings::Filter { team: Some(team.slug.clone()), ..findings::Filter::default() };
    let lead = match team.lead_id {
        Some(id) => Some(people::person_by_id(cx, id).await?),
        None => None,
    };
    Ok(TeamPage {
        shell,
        above: people::ancestors(cx, team.id).await?,
        subs: people::sub_teams(cx, team.id).await?,
        members: people::members(cx, team.id, after, Limit::new(50)?).await?,
        former: people::former_members(cx, team.id).await?,
        owned: catalog::owned_by(cx, team.id).await?,
        acts,
        findings: findings::counts(cx, &drifted).await?.iter().map(|(_, n)| n).sum(),
        support: support::team_counts(cx, team.id).await?,
        holdings: provisioning::holdings(cx, team.id).await?,
        may_edit,
        ask: people::leads_to_ask(cx, team.id).await?,
        on_call,
        schedules,
        warnings,
        lead_phone: lead.as_ref().and_then(|l| l.phone.clone()),
        lead_zone: lead.as_ref().map(|l| l.time_zone.clone()).unwrap_or_default(),
        lead: lead.map(|l| PersonName { id: l.id, handle: l.handle, name: l.name, active: l.active }),
        team,
        add,
        people,
        later,
    })
}

/// The team's page again, with what was wrong in adding a member.
pub(super) async fn refused(
    viewer: &mut Viewer,
    slug: &str,
    form: Form,
    status: axum::http::StatusCode,
) -> Result<Response, PageError> {
    let page = team_page(viewer, slug, form, None).await?;
    page::html_as(status, &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(slug: &str, parent: Option<&OrgTeam>, members: i64) -> OrgTeam {
        OrgTeam {
            id: TeamId::new(),
            slug: slug.into(),
            name: slug.into(),
            kind: "team".into(),
            parent_id: parent.map(|p| p.id),
            lead_handle: None,
            lead_name: None,
            members,
        }
    }

    fn told(steps: &[Step]) -> String {
        let word = |step: &Step| match step {
            Step::Open(r) => format!("{}:{}/{}(", r.team.slug, r.all, r.below),
            Step::Leaf(r) => format!("{}:{}@{} ", r.team.slug, r.all, r.depth),
            Step::Close => ")".into(),
        };
        steps.iter().map(word).collect()
    }

    #[test]
    fn the_tree_is_walked_and_counted() {
        let top = team("top", None, 1);
        let shop = team("shop", Some(&top), 0);
        let (basket, search) = (team("basket", Some(&shop), 5), team("search", Some(&shop), 4));
        let lost = team("lost", Some(&team("unknown", None, 0)), 2);
        let steps = walk(vec![basket, lost, search, shop, top]);
        assert_eq!(told(&steps), "lost:2@0 top:10/3(shop:9/2(basket:5@2 search:4@2 ))");
        assert!(walk(Vec::new()).is_empty());
    }

    #[test]
    fn a_tree_may_be_as_high_as_descriptors_make_it() {
        let mut org = vec![team("top", None, 1)];
        for _ in 1..5000 {
            org.push(team("below", org.last(), 1));
        }
        let walking = std::thread::Builder::new().stack_size(256 << 10).spawn(|| walk(org));
        let steps = walking.unwrap().join().unwrap();
        assert_eq!(steps.len(), 2 * 5000 - 1);
        assert!(matches!(&steps[0], Step::Open(row) if row.all == 5000 && row.below == 4999));
    }
}
