//! What holds whatever people do: every line resolves to what it was made of, the caps hold, and a team that moves is there once.

use std::collections::{BTreeMap, BTreeSet};

use portolan_domain::{
    Error, WinsEntryId,
    people::{self, TeamEdit},
    wins::{self, EntryEdit, Kind, Provenance, Sensitivity, UpdateState},
};
use proptest::{
    collection::vec,
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use sqlx::PgPool;

use super::Company;

const TEAMS: [&str; 4] = ["basket", "pricing", "crane", "pilot"];
const DEPARTMENTS: [&str; 2] = ["shop", "yard"];

/// Something somebody does; numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Lift(usize),
    Merge(usize, usize),
    Drop(usize),
    Narrow(usize, Sensitivity),
}

fn step() -> impl Strategy<Value = Step> {
    let to = prop_oneof![Just(Sensitivity::Team), Just(Sensitivity::Up)];
    prop_oneof![
        6 => any::<usize>().prop_map(Step::Lift),
        3 => (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Step::Merge(a, b)),
        1 => any::<usize>().prop_map(Step::Drop),
        1 => (any::<usize>(), to).prop_map(|(n, to)| Step::Narrow(n, to)),
    ]
}

/// The same values in every run, other ones for each seed.
fn sample<S: Strategy>(strategy: &S, seed: u8) -> S::Value {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    strategy.new_tree(&mut TestRunner::new_with_rng(Config::default(), rng)).unwrap().current()
}

fn pick<T: Copy>(of: &[T], n: usize) -> Option<T> {
    if of.is_empty() { None } else { Some(of[n % of.len()]) }
}

/// What each line, or entry that is offered, is made of at last; of nothing: it is gone.
type Made = BTreeMap<WinsEntryId, BTreeSet<WinsEntryId>>;

fn leaves(of: &Provenance, into: &mut BTreeSet<WinsEntryId>) {
    if of.origins.is_empty() {
        into.insert(of.entry.id);
    }
    of.origins.iter().for_each(|origin| leaves(origin, into));
}

/// Does steps in the update of one level; `known` says what each entry that is offered there is made of. What becomes of the lines of
/// that update is foretold by a model, which is returned.
async fn play(company: &Company, at: &str, steps: &[Step], offered: &[WinsEntryId], mut known: Made) -> Made {
    let update = company.update(at).await.id;
    let lead = Company::lead_of(at);
    let mut lines = Made::new();
    let mut lifted: BTreeMap<WinsEntryId, WinsEntryId> = BTreeMap::new();
    for step in steps {
        let mut call = company.call(lead).await;
        let keys: Vec<_> = lines.keys().copied().collect();
        match step {
            Step::Lift(n) => {
                let Some(entry) = pick(offered, *n) else { continue };
                let result = wins::lift(&mut call.cx(), update, &[entry]).await;
                if known[&entry].is_empty() {
                    assert!(
                        matches!(result, Err(Error::NotFound { .. })),
                        "it stays in its team: {result:?}"
                    );
                } else if let Some(line) = lifted.get(&entry) {
                    assert_eq!(result.unwrap()[0].id, *line, "lifted once");
                } else if lines.len() == 4 {
                    assert!(matches!(result, Err(Error::Conflict(_))), "the cap is real: {result:?}");
                } else {
                    let line = result.unwrap().remove(0);
                    lifted.insert(entry, line.id);
                    lines.insert(line.id, known[&entry].clone());
                }
            }
            Step::Merge(a, b) => {
                let (Some(a), Some(b)) = (pick(&keys, *a), pick(&keys, *b)) else { continue };
                let result = wins::merge(&mut call.cx(), a, b).await;
                if a == b {
                    assert!(result.is_err());
                    continue;
                }
                result.unwrap();
                let from = lines.remove(&b).unwrap();
                lines.entry(a).or_default().extend(from);
                lifted.values_mut().filter(|line| **line == b).for_each(|line| *line = a);
            }
            Step::Drop(n) => {
                let Some(line) = pick(&keys, *n) else { continue };
                wins::put_back(&mut call.cx(), line).await.unwrap();
                lines.remove(&line);
                lifted.retain(|_, of| *of != line);
            }
            // only whoever wrote the first entry of all says how far it may go
            Step::Narrow(n, to) => {
                let all: Vec<_> = known.values().flatten().copied().collect();
                let Some(entry) = pick(&all, *n) else { continue };
                let now = wins::entry(&mut company.call("vera").await.cx(), entry).await.unwrap();
                let edit = EntryEdit { sensitivity: Some(*to), ..EntryEdit::default() };
                let mut author = company.call(Company::lead_of(&now.team.slug)).await;
                let done = wins::edit_entry(&mut author.cx(), entry, edit, None).await;
                assert_eq!(
                    done.is_ok(),
                    *to < now.sensitivity,
                    "what was handed up only goes less far: {done:?}"
                );
                if *to == Sensitivity::Team {
                    for made in known.values_mut().chain(lines.values_mut()) {
                        made.remove(&entry);
                    }
                    lines.retain(|_, made| !made.is_empty());
                    lifted.retain(|_, line| lines.contains_key(line));
                }
            }
        }
        let head = company.update(at).await;
        assert!(head.wins <= i64::from(head.most_wins), "{} at {at}", head.wins);
        assert_eq!(usize::try_from(head.wins).unwrap(), lines.len());
    }
    lines
}

async fn resolve(company: &Company, who: &str, lines: &Made) {
    for (line, made) in lines {
        let way = wins::provenance(&mut company.call(who).await.cx(), *line).await.unwrap();
        let mut found = BTreeSet::new();
        leaves(&way, &mut found);
        assert_eq!(found, *made, "a line resolves to what it was made of, all of it and nothing else");
        assert!(way.entry.is_line);
    }
}

/// A company in which each team handed up three wins, played through with steps of a seed.
async fn a_cycle(pool: PgPool, seed: u8) {
    let company = Company::new(pool).await;
    let mut first: BTreeMap<&str, Vec<WinsEntryId>> = BTreeMap::new();
    let mut known = Made::new();
    for team in TEAMS {
        for n in 0..3 {
            let entry =
                company.chosen(team, Kind::Win, &format!("{team} {n}"), Sensitivity::Publish).await.id;
            first.entry(team).or_default().push(entry);
            known.insert(entry, BTreeSet::from([entry]));
        }
        company.submit(team).await;
    }
    let mut handed = Made::new();
    for (nth, department) in DEPARTMENTS.into_iter().enumerate() {
        let offered: Vec<_> =
            TEAMS[nth * 2..nth * 2 + 2].iter().flat_map(|team| first[team].clone()).collect();
        let known = offered.iter().map(|entry| (*entry, known[entry].clone())).collect();
        let steps = sample(&vec(step(), 25), seed.wrapping_mul(7).wrapping_add(u8::try_from(nth).unwrap()));
        let lines = play(&company, department, &steps, &offered, known).await;
        resolve(&company, Company::lead_of(department), &lines).await;
        let head = company.submit(department).await;
        assert_eq!(head.state, UpdateState::Submitted);
        handed.extend(lines);
    }
    let offered: Vec<_> = handed.keys().copied().collect();
    let steps = sample(&vec(step(), 25), seed.wrapping_add(100));
    let top = play(&company, "harbour", &steps, &offered, handed).await;
    resolve(&company, "vera", &top).await;
    let wide = "SELECT count(*) FROM wins_origin o JOIN wins_entry l ON l.id = o.line_id JOIN wins_entry e ON e.id = o.origin_id
                WHERE e.sensitivity = 'team' OR (l.sensitivity = 'publish' AND e.sensitivity <> 'publish')";
    assert_eq!(company.number(wide).await, 0, "no line goes further than what it was made of");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn every_line_resolves_to_its_origins_and_the_caps_hold_1(pool: PgPool) {
    a_cycle(pool, 1).await;
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn every_line_resolves_to_its_origins_and_the_caps_hold_2(pool: PgPool) {
    a_cycle(pool, 2).await;
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn every_line_resolves_to_its_origins_and_the_caps_hold_3(pool: PgPool) {
    a_cycle(pool, 3).await;
}

/// Each team of the cycle is shown by exactly one department, and by Harbour at most once.
async fn each_once(company: &Company) {
    let mut shown = BTreeMap::<String, usize>::new();
    for department in DEPARTMENTS {
        let update = company.update(department).await.id;
        let mut call = company.call(Company::lead_of(department)).await;
        for below in wins::below(&mut call.cx(), update).await.unwrap() {
            *shown.entry(below.update.team.slug).or_default() += 1;
        }
    }
    let once: BTreeMap<_, _> = TEAMS.iter().map(|team| ((*team).to_owned(), 1)).collect();
    assert_eq!(shown, once);
    let harbour = company.update("harbour").await.id;
    let top = wins::below(&mut company.call("vera").await.cx(), harbour).await.unwrap();
    let teams: Vec<_> = top.iter().map(|below| below.update.team.slug.clone()).collect();
    let set: BTreeSet<_> = teams.iter().collect();
    assert_eq!(teams.len(), set.len(), "{teams:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_team_that_moves_in_mid_cycle_is_there_once(pool: PgPool) {
    let company = Company::new(pool).await;
    let moves = sample(&vec((0..TEAMS.len(), 0..DEPARTMENTS.len(), any::<bool>()), 16), 9);
    let mut handed = BTreeMap::new();
    for (team, department, submits) in moves {
        let (team, department) = (TEAMS[team], DEPARTMENTS[department]);
        let edit = TeamEdit { parent: Some(Some(department.to_owned())), ..TeamEdit::default() };
        people::edit_team(&mut company.call("root").await.cx(), team, edit, None).await.unwrap();
        company.turn().await;
        each_once(&company).await;
        if submits && !handed.contains_key(team) {
            handed.insert(team, company.submit(team).await.handed_to.unwrap().slug);
        }
        for (team, to) in &handed {
            let now = company.update(team).await.handed_to.map(|t| t.slug);
            assert_eq!(now.as_ref(), Some(to), "what was handed up stays with whom it was handed to");
        }
    }
    assert!(!handed.is_empty());
    let twice =
        "SELECT count(*) FROM (SELECT FROM wins_update GROUP BY cycle_id, team_id HAVING count(*) > 1) x";
    assert_eq!(company.number(twice).await, 0);
}
