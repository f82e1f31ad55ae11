//! Wins and challenges, at a company of three heights: Harbour above the departments Shop and Yard, below those the teams Basket,
//! Pricing, Crane and Pilot.

mod activity;
mod archive;
mod challenges;
mod cycles;
mod facts;
mod letters;
mod naming;
mod property;
mod publishing;
mod rolling_up;
mod sight;
mod threads;
mod writing;

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan, civil::date};
use portolan_domain::{
    Call,
    people::{Person, Team},
    wins::{self, Cycle, Entry, Kind, NewEntry, NewPlan, Plan, Sensitivity, Update, Words},
};
use portolan_testkit::Bed;
use sqlx::PgPool;

/// Who leads what: `(team, above, lead, another member)`. Otto is in Other, which takes no part; Root is an admin and in no team.
const TREE: [(&str, Option<&str>, &str, &str); 8] = [
    ("harbour", None, "vera", "viktor"),
    ("shop", Some("harbour"), "dora", "dirk"),
    ("yard", Some("harbour"), "yann", "ylva"),
    ("basket", Some("shop"), "imke", "tor"),
    ("pricing", Some("shop"), "hui", "pia"),
    ("crane", Some("yard"), "carl", "cem"),
    ("pilot", Some("yard"), "pam", "paul"),
    ("other", None, "otto", "olga"),
];

/// The company, its clock and its plan: two weeks from Monday, 9 November 2026, in Amsterdam; deadlines on the Tuesday (teams),
/// Wednesday (departments) and Thursday (Harbour) after, 15:00, published on Friday, 27 November, 09:00. It is Saturday, the 21st.
pub(super) struct Company {
    pub(super) bed: Bed,
    pub(super) pool: PgPool,
    pub(super) plan: Plan,
    people: BTreeMap<&'static str, Person>,
    teams: BTreeMap<&'static str, Team>,
}

impl Company {
    /// The company with its first cycle open.
    pub(super) async fn new(pool: PgPool) -> Self {
        let company = Self::without_cycle(pool).await;
        company.turn().await;
        company
    }

    pub(super) async fn without_cycle(pool: PgPool) -> Self {
        let bed = Bed::new(pool.clone());
        let (mut people, mut teams) = (BTreeMap::new(), BTreeMap::<&'static str, Team>::new());
        for (slug, above, lead, member) in TREE {
            let team = match above {
                Some(above) => bed.team_below(slug, &teams[above]).await,
                None => bed.team(slug).await,
            };
            for handle in [lead, member] {
                let person = bed.person(handle).await;
                bed.join(&person, &team).await;
                people.insert(handle, person);
            }
            bed.lead(&people[lead], &team).await;
            teams.insert(slug, team);
        }
        people.insert("root", bed.admin("root").await);
        let usual = NewPlan::usual("Every two weeks", "harbour", date(2026, 11, 9), "Europe/Amsterdam");
        let plan = wins::create_plan(&mut bed.as_system().await.cx(), &usual).await.unwrap();
        Self { bed, pool, plan, people, teams }
    }

    pub(super) fn person(&self, handle: &str) -> &Person {
        &self.people[handle]
    }

    pub(super) fn team(&self, slug: &str) -> &Team {
        &self.teams[slug]
    }

    /// A call of this person in a browser.
    pub(super) async fn call(&self, handle: &str) -> Call {
        self.bed.as_person(self.person(handle)).await
    }

    /// Lets time pass until an instant: `2026-11-24T14:00:00Z`.
    pub(super) fn until(&self, at: &str) {
        let at: Timestamp = at.parse().unwrap();
        let left = at.as_second() - self.bed.now().as_second();
        assert!(left >= 0, "time does not go back");
        self.bed.wait(left.seconds());
    }

    /// What happens by itself, happens.
    pub(super) async fn turn(&self) -> u64 {
        wins::turn(&mut self.bed.as_system().await.cx()).await.unwrap()
    }

    /// The newest cycle.
    pub(super) async fn cycle(&self) -> Cycle {
        let mut call = self.call("vera").await;
        let page = wins::cycles(&mut call.cx(), None, portolan_domain::Limit::default()).await.unwrap();
        page.items.into_iter().next().unwrap()
    }

    /// The update that a team writes now, as its lead sees it.
    pub(super) async fn update(&self, team: &str) -> Update {
        let lead = Self::lead_of(team);
        wins::current_update(&mut self.call(lead).await.cx(), team).await.unwrap().unwrap()
    }

    /// Who leads a team.
    pub(super) fn lead_of(team: &str) -> &'static str {
        TREE.iter().find(|(slug, ..)| *slug == team).unwrap().2
    }

    /// An entry that waits in a team.
    pub(super) async fn jot(
        &self,
        who: &str,
        team: &str,
        kind: Kind,
        summary: &str,
        may: Sensitivity,
    ) -> Entry {
        let new = NewEntry {
            team: team.into(),
            kind: Some(kind),
            words: Words { summary: summary.into(), ..Words::default() },
            sensitivity: Some(may),
            ..NewEntry::default()
        };
        wins::jot(&mut self.call(who).await.cx(), new).await.unwrap()
    }

    /// An entry in the update that its team writes now, by its lead.
    pub(super) async fn chosen(&self, team: &str, kind: Kind, summary: &str, may: Sensitivity) -> Entry {
        let lead = Self::lead_of(team);
        let entry = self.jot(lead, team, kind, summary, may).await;
        let update = self.update(team).await;
        wins::choose(&mut self.call(lead).await.cx(), update.id, &[entry.id], None).await.unwrap();
        wins::entry(&mut self.call(lead).await.cx(), entry.id).await.unwrap()
    }

    /// Hands a team's update up, by its lead; one with nothing in it as a quiet cycle.
    pub(super) async fn submit(&self, team: &str) -> Update {
        let update = self.update(team).await;
        let mut call = self.call(Self::lead_of(team)).await;
        if update.wins + update.challenges == 0 {
            wins::quiet(&mut call.cx(), update.id, None, false).await.unwrap()
        } else {
            wins::submit(&mut call.cx(), update.id, None).await.unwrap()
        }
    }

    /// Who was told of an event, and the subject.
    pub(super) async fn told(&self, event: &str) -> Vec<(String, String)> {
        sqlx::query_as(
            "SELECT p.handle, n.subject FROM notice n JOIN person p ON p.id = n.person_id WHERE n.event = $1 ORDER BY p.handle, n.id",
        )
        .bind(event)
        .fetch_all(&self.pool)
        .await
        .unwrap()
    }

    /// What a statement counts.
    pub(super) async fn number(&self, statement: &'static str) -> i64 {
        sqlx::query_scalar(statement).fetch_one(&self.pool).await.unwrap()
    }

    pub(super) async fn sql(&self, statement: &'static str) {
        sqlx::query(statement).execute(&self.pool).await.unwrap();
    }
}
