//! Whose it probably is: evidence gathered from the catalog and from changes, ranked by a pure function, each candidate
//! with its reasons in words. A person decides; accepting is an ordinary hand-over.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{ownership::Owned, store::likely as store};
use crate::{Cx, Result, TeamId};

/// A team that may be the owner.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// The team.
    pub team: TeamId,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// From 0 to 100: how much speaks for it. For sorting and for a word, not for show.
    pub score: u32,
    /// What speaks for it, the strongest first.
    pub reasons: Vec<String>,
}

impl Candidate {
    /// How sure one may be, in a word.
    pub fn confidence(&self) -> &'static str {
        match self.score {
            60.. => "very likely",
            30..60 => "likely",
            _ => "possible",
        }
    }
}

/// What speaks for a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Its people deployed it.
    Changed,
    /// Other things of the same repository are the team's.
    Repository,
    /// The descriptor names something that reads like the team.
    NamedAlike,
    /// The system it is part of is the team's.
    System,
    /// What it depends on, or what depends on it, is the team's.
    Neighbours,
    /// The team had it before.
    Before,
    /// Other things of the same owner at the code host are the team's.
    Organisation,
    /// Things with similar names are the team's.
    Names,
}

impl Kind {
    /// Points for the first sign of this kind, and the most that further ones can bring it to.
    fn points(self) -> (u32, u32) {
        match self {
            Self::Changed => (30, 45),
            Self::Repository => (35, 40),
            Self::NamedAlike => (30, 30),
            Self::System => (20, 20),
            Self::Neighbours => (8, 24),
            Self::Before => (15, 15),
            Self::Organisation => (5, 15),
            Self::Names => (6, 18),
        }
    }
}

/// One sign that speaks for a team.
#[derive(Debug, Clone)]
pub(crate) struct Sign {
    pub(crate) kind: Kind,
    pub(crate) team: TeamId,
    pub(crate) slug: String,
    pub(crate) team_name: String,
    /// How often it was seen.
    pub(crate) times: i64,
    /// Out of how many, for what is shared among teams.
    pub(crate) of: i64,
    /// Whom or what it was seen on.
    pub(crate) names: Vec<String>,
}

impl Sign {
    /// Grows with repetition, shrinks with what speaks for others.
    fn score(&self) -> u32 {
        let (first, most) = self.kind.points();
        let times = u32::try_from(self.times.max(1)).unwrap_or(u32::MAX);
        let grown = (first + (most - first).min(4 * times.saturating_sub(1).min(100))).min(most);
        let (share, all) =
            (u32::try_from(self.times.max(0)).unwrap_or(0), u32::try_from(self.of.max(1)).unwrap_or(1));
        grown.saturating_mul(share.min(all)) / all
    }

    fn words(&self) -> String {
        let names = list(&self.names);
        let n = self.times;
        match self.kind {
            Kind::Changed if n == 1 => format!("{names} deployed it, and is in this team"),
            Kind::Changed => format!("{n} of the last {} changes came from this team: {names}", self.of),
            Kind::Repository => format!("owns {names} from the same repository"),
            Kind::NamedAlike => format!("its descriptor says {names}, which reads like this team"),
            Kind::System => format!("owns {names}, the system it is part of"),
            Kind::Neighbours => format!("owns {n} of its {} neighbours: {names}", self.of),
            Kind::Before => "owned it before".to_owned(),
            Kind::Organisation => {
                format!("owns {n} of {} things of the same owner at the code host", self.of)
            }
            Kind::Names => format!("owns things with a similar name: {names}"),
        }
    }
}

fn list(names: &[String]) -> String {
    match names {
        [] => "something".into(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
    }
}

/// The most candidates anybody wants to choose from.
const SHOWN: usize = 5;

/// Adds up what speaks for each team; the most first, equal ones by name so that the order is always the same.
pub(crate) fn rank(signs: &[Sign]) -> Vec<Candidate> {
    let mut teams: BTreeMap<TeamId, Vec<&Sign>> = BTreeMap::new();
    for sign in signs.iter().filter(|s| s.score() > 0) {
        teams.entry(sign.team).or_default().push(sign);
    }
    let mut ranked: Vec<_> = teams
        .into_values()
        .map(|mut signs| {
            signs.sort_by_key(|s| (std::cmp::Reverse(s.score()), s.kind));
            Candidate {
                team: signs[0].team,
                slug: signs[0].slug.clone(),
                name: signs[0].team_name.clone(),
                score: signs.iter().map(|s| s.score()).sum::<u32>().min(100),
                reasons: signs.iter().map(|s| s.words()).collect(),
            }
        })
        .collect();
    ranked.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.name.cmp(&b.name)));
    ranked.truncate(SHOWN);
    ranked
}

/// Candidates for an entity, without the team that has it now and without teams that have nobody.
pub async fn owners(cx: &mut Cx<'_>, thing: &Owned) -> Result<Vec<Candidate>> {
    cx.reader()?;
    let mut signs = store::changed(cx, thing.id).await?;
    signs.extend(store::repository(cx, thing.id).await?);
    signs.extend(store::named_alike(cx, thing.id).await?);
    signs.extend(store::system(cx, thing.id).await?);
    signs.extend(store::neighbours(cx, thing.id).await?);
    signs.extend(store::before(cx, thing.id).await?);
    signs.extend(store::organisation(cx, thing.id).await?);
    signs.extend(store::names(cx, thing.id).await?);
    let staffed = store::staffed(cx, signs.iter().map(|s| s.team.0).collect()).await?;
    signs.retain(|s| Some(s.team) != thing.team && staffed.contains(&s.team));
    Ok(rank(&signs))
}

#[cfg(test)]
mod tests {
    use super::{Kind, Sign, rank};
    use crate::TeamId;

    fn sign(kind: Kind, team: u128, times: i64, of: i64) -> Sign {
        let name = ["Basket", "Pricing", "Delivery"][usize::try_from(team - 1).unwrap()];
        Sign {
            kind,
            team: TeamId(uuid::Uuid::from_u128(team)),
            slug: name.to_lowercase(),
            team_name: name.into(),
            times,
            of,
            names: vec!["x".into()],
        }
    }

    #[test]
    fn who_deploys_it_outweighs_who_lives_nearby() {
        let ranked = rank(&[
            sign(Kind::Neighbours, 1, 2, 3),
            sign(Kind::Changed, 2, 7, 8),
            sign(Kind::Names, 1, 2, 2),
        ]);
        assert_eq!(ranked.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["Pricing", "Basket"]);
        assert_eq!(ranked[0].reasons, ["7 of the last 8 changes came from this team: x"]);
        assert_eq!(ranked[1].reasons.len(), 2);
    }

    #[test]
    fn several_weak_signs_beat_one() {
        let ranked = rank(&[
            sign(Kind::System, 1, 1, 1),
            sign(Kind::Neighbours, 1, 3, 3),
            sign(Kind::Names, 1, 3, 3),
            sign(Kind::Repository, 2, 1, 1),
        ]);
        assert_eq!(ranked[0].name, "Basket");
        assert!(ranked[0].score > ranked[1].score);
    }

    #[test]
    fn what_everybody_shares_says_nothing() {
        let ranked = rank(&[sign(Kind::Organisation, 1, 1, 500)]);
        assert!(ranked.is_empty());
    }

    #[test]
    fn equal_candidates_come_in_the_order_of_their_names() {
        let ranked =
            rank(&[sign(Kind::System, 2, 1, 1), sign(Kind::System, 1, 1, 1), sign(Kind::System, 3, 1, 1)]);
        assert_eq!(
            ranked.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
            ["Basket", "Delivery", "Pricing"]
        );
    }
}
