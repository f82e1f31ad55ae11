//! What people write of an entry, checked; and whom and what it names, looked up for many entries at once.

use std::collections::HashMap;

use super::{
    naming::{self, Names},
    record::{Entry, MOST_NAMED, MOST_NUMBERS, NO_FIGURE, Number, Words, has_figure},
};
use crate::{
    Cx, EntityId, Error, PersonId, Result, TeamId,
    catalog::{self, EntityRef},
    check::Checks,
    people,
};

/// Longest summary.
pub(super) const SUMMARY: usize = 200;
/// Longest of the other texts; the level's limit of words is far below, but only advised.
const TEXT: usize = 5000;
/// Longest name of a figure, and longest part of one.
const FIGURE: usize = 120;
const FIGURE_PART: usize = 40;

/// What an entry names, as words. What is none was not edited.
pub(super) struct Wanted<'w> {
    /// Before the names of fields in problems: empty, or `new[0].`.
    pub(super) prefix: String,
    pub(super) credits: Option<&'w [String]>,
    pub(super) about: Option<&'w [String]>,
    pub(super) teams: Option<&'w [String]>,
    pub(super) words: Option<&'w Words>,
    /// The entry as it was.
    pub(super) had: Option<&'w Entry>,
}

/// What an entry names, as keys. What is none stays.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) credits: Option<Vec<PersonId>>,
    pub(super) about: Option<Vec<EntityId>>,
    pub(super) namings: Option<Vec<TeamId>>,
}

/// Looks up what entries of one team name: at most three statements, however many there are, as long as people are named by their
/// handles.
pub(super) async fn find(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    team: TeamId,
    wanted: &[Wanted<'_>],
) -> Result<Vec<Found>> {
    for one in wanted {
        for (field, words) in [("credits", one.credits), ("about", one.about), ("teams", one.teams)] {
            if words.is_some_and(|words| words.len() > MOST_NAMED) {
                return Err(Error::invalid(
                    format!("{}{field}", one.prefix),
                    format!("may be {MOST_NAMED} at most"),
                ));
            }
        }
    }
    let people = credited(cx, checks, wanted).await?;
    let entities = entities(cx, checks, wanted).await?;
    let mut found = Vec::new();
    for one in wanted {
        let pick = |words: &[String]| unique(words.iter().filter_map(|w| people.get(&key(w)).copied()));
        let credits = one.credits.map(pick);
        let pick = |words: &[String]| unique(words.iter().filter_map(|w| entities.get(&key(w)).copied()));
        let about = one.about.map(pick);
        found.push(Found { credits, about, namings: None });
    }
    name_teams(cx, checks, team, wanted, &mut found).await?;
    Ok(found)
}

/// Teams that entries name: those said, those mentioned in their texts, owners of what they are about. Of an entry that was there,
/// those that neither its texts nor what it was about explain were said, and stay unless they are said anew.
async fn name_teams(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    team: TeamId,
    wanted: &[Wanted<'_>],
    found: &mut [Found],
) -> Result<()> {
    let edited = |one: &Wanted<'_>| one.teams.is_some() || one.words.is_some() || one.about.is_some();
    let blank = Words::default();
    let had_about: Vec<Vec<EntityId>> =
        wanted.iter().map(|one| one.had.iter().flat_map(|e| &e.about).map(|a| a.id).collect()).collect();
    let mut asked = Vec::new();
    for ((one, found), had_about) in wanted.iter().zip(found.iter()).zip(&had_about) {
        if edited(one) {
            let had_words = one.had.map_or(&blank, |e| &e.words);
            let about = found.about.as_deref().unwrap_or(had_about);
            asked.push(Names {
                team,
                teams: one.teams.unwrap_or_default(),
                words: one.words.unwrap_or(had_words),
                about,
            });
            asked.push(Names { team, teams: &[], words: had_words, about: had_about });
        }
    }
    if asked.is_empty() {
        return Ok(());
    }
    let named = match naming::named_teams(cx, &asked).await {
        // told with all else that is wrong
        Err(Error::Invalid(problems)) => {
            for problem in problems {
                checks.problem(&problem.field, problem.message);
            }
            return Ok(());
        }
        named => named?,
    };
    drop(asked);
    let mut named = named.into_iter();
    for (one, found) in wanted.iter().zip(found).filter(|(one, _)| edited(one)) {
        let (mut now, before) = (named.next().unwrap_or_default(), named.next().unwrap_or_default());
        if let (None, Some(had)) = (one.teams, one.had) {
            now.extend(had.namings.iter().map(|n| n.team.id).filter(|t| !before.contains(t)));
        }
        found.namings = Some(unique(now));
    }
    Ok(())
}

async fn credited(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    wanted: &[Wanted<'_>],
) -> Result<HashMap<String, PersonId>> {
    let words = unique(wanted.iter().flat_map(|w| w.credits.into_iter().flatten()).map(|w| key(w)));
    let words: Vec<String> = words.into_iter().filter(|w| !w.is_empty()).collect();
    if words.is_empty() {
        return Ok(HashMap::new());
    }
    let handles: Vec<_> = words.iter().map(String::as_str).collect();
    let active = people::active_people(cx, &handles).await?;
    let mut found: HashMap<_, _> = active.into_iter().map(|p| (p.handle.to_lowercase(), p.id)).collect();
    for word in words {
        if !found.contains_key(&word)
            && let Some(person) = people::person_meant(cx, checks, "credits", &word).await?
        {
            found.insert(word, person.id);
        }
    }
    Ok(found)
}

async fn entities(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    wanted: &[Wanted<'_>],
) -> Result<HashMap<String, EntityId>> {
    let mut refs: Vec<(String, &String, EntityRef)> = Vec::new();
    for one in wanted {
        let field = format!("{}about", one.prefix);
        for word in one.about.into_iter().flatten().filter(|w| !w.trim().is_empty()) {
            match EntityRef::parse(word, Some("component"), "default") {
                Ok(reference) => refs.push((field.clone(), word, reference)),
                Err(problem) => checks.problem(&field, problem.to_string()),
            }
        }
    }
    if refs.is_empty() {
        return Ok(HashMap::new());
    }
    let found = catalog::by_refs(cx, &refs.iter().map(|(.., r)| r.clone()).collect::<Vec<_>>()).await?;
    let mut entities = HashMap::new();
    for ((field, word, reference), summary) in refs.into_iter().zip(found) {
        match summary {
            Some(summary) => {
                entities.insert(key(word), summary.id);
            }
            None => checks.problem(&field, format!("is not in the catalog: there is no {reference}")),
        }
    }
    Ok(entities)
}

/// What people wrote, checked.
pub(super) fn checked(checks: &mut Checks, prefix: &str, words: &Words) -> Words {
    let field = |name: &str| format!("{prefix}{name}");
    let checked = Words {
        summary: summary(checks, &field("summary"), &words.summary),
        situation: checks.text(&field("situation"), &words.situation, TEXT),
        action: checks.text(&field("action"), &words.action, TEXT),
        result: checks.text(&field("result"), &words.result, TEXT),
        numbers: words
            .numbers
            .iter()
            .filter(|n| !is_blank(n))
            .enumerate()
            .map(|(nth, n)| number(checks, &field(&format!("numbers[{nth}]")), n))
            .collect(),
    };
    if checked.numbers.len() > MOST_NUMBERS {
        checks.problem(
            &field("numbers"),
            format!("may be {MOST_NUMBERS} at most; the others belong into the text"),
        );
    }
    checked
}

/// The only text that is needed.
fn summary(checks: &mut Checks, field: &str, text: &str) -> String {
    if text.trim().is_empty() {
        checks.problem(field, "is needed: say it in a line");
        return String::new();
    }
    checks.line(field, text, SUMMARY)
}

fn is_blank(n: &Number) -> bool {
    [&n.what, &n.value, &n.unit].into_iter().chain(&n.before).all(|text| text.trim().is_empty())
}

fn number(checks: &mut Checks, field: &str, n: &Number) -> Number {
    let mut optional = |name: &str, text: &str, max| {
        checks.optional_line(&format!("{field}.{name}"), Some(text), max).unwrap_or_default()
    };
    let (what, unit) = (optional("what", &n.what, FIGURE), optional("unit", &n.unit, FIGURE_PART));
    let before = Some(optional("before", n.before.as_deref().unwrap_or_default(), FIGURE_PART));
    let before = before.filter(|before| !before.is_empty());
    let value = optional("value", &n.value, FIGURE_PART);
    if before.as_deref().is_some_and(|before| !has_figure(before)) {
        checks.problem(&format!("{field}.before"), NO_FIGURE);
    }
    if !has_figure(&value) {
        checks.problem(&format!("{field}.value"), NO_FIGURE);
    }
    Number { what, before, value, unit }
}

/// A path of this portal, or nothing.
pub(super) fn checked_path(checks: &mut Checks, field: &str, path: &str) -> String {
    let path = checks.optional_line(field, Some(path), 500).unwrap_or_default();
    if !path.is_empty() && (!path.starts_with('/') || path.starts_with("//") || path.contains('\\')) {
        checks.problem(field, "must be a path in this portal that begins with /");
    }
    path
}

fn key(word: &str) -> String {
    word.trim().to_lowercase()
}

fn unique<T: PartialEq>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut kept = Vec::new();
    for one in all {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_said_at_once() {
        let figure = |value: &str| Number { what: "x".into(), value: value.into(), ..Number::default() };
        let words = Words {
            situation: "a\u{0}".into(),
            numbers: std::iter::repeat_n(figure("1"), 5).chain([figure(" "), Number::default()]).collect(),
            ..Words::default()
        };
        let mut checks = Checks::default();
        let kept = checked(&mut checks, "new[1].", &words);
        checked_path(&mut checks, "source_link", "//evil.example");
        assert_eq!(kept.numbers.len(), 6, "a blank one is none");
        let Err(Error::Invalid(problems)) = checks.done() else { panic!("must be refused") };
        assert_eq!(
            problems.iter().map(|p| p.field.as_str()).collect::<Vec<_>>(),
            [
                "new[1].summary",
                "new[1].situation",
                "new[1].numbers[5].value",
                "new[1].numbers",
                "source_link"
            ]
        );
        let mut checks = Checks::default();
        assert_eq!(checked_path(&mut checks, "source_link", " /pages/7 "), "/pages/7");
        assert!(checks.done().is_ok());
    }

    #[test]
    fn a_figure_holds_digits() {
        let figure = |before: Option<&str>, value: &str| Number {
            before: before.map(Into::into),
            value: value.into(),
            ..Number::default()
        };
        let numbers = vec![figure(Some("3"), "1.9"), figure(Some("many"), "few"), figure(Some(" "), "٣")];
        let words = Words { summary: "x".into(), numbers, ..Words::default() };
        let mut checks = Checks::default();
        checked(&mut checks, "", &words);
        let Err(Error::Invalid(problems)) = checks.done() else { panic!("must be refused") };
        let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
        assert_eq!(fields, ["numbers[1].before", "numbers[1].value"]);
    }
}
