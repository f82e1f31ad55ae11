//! The words by which people and pipelines name an owner.

use super::{Owner, store};
use crate::{Cx, Error, Problem, Result, TeamId, people};

/// A team, a Group, a User or a person, by slug, handle-reference or full reference.
pub async fn owner(cx: &mut Cx<'_>, word: &str) -> Result<Owner> {
    cx.reader()?;
    resolve(cx, "owner", word).await
}

pub(super) async fn resolve(cx: &mut Cx<'_>, field: &str, word: &str) -> Result<Owner> {
    let word = word.trim();
    if word.is_empty() {
        return Err(Error::Invalid(vec![Problem {
            field: field.into(),
            message: "is needed: choose a team".into(),
        }]));
    }
    let found = match Word::of(word) {
        Word::Team { slug, group } => store::team(cx, slug.as_deref(), group.as_deref()).await?,
        Word::Person { handle, user } => store::person(cx, handle.as_deref(), user.as_deref()).await?,
        Word::Neither => None,
    };
    found.ok_or_else(|| Error::invalid(field, format!("must be a team that exists; there is no {word:?}")))
}

/// The team of this slug, as an owner.
pub(super) async fn team_of(cx: &mut Cx<'_>, slug: &str) -> Result<(Owner, TeamId)> {
    let team = people::team(cx, slug).await?;
    let owner = store::team(cx, Some(&team.slug.to_lowercase()), None).await?;
    owner.map(|owner| (owner, team.id)).ok_or_else(|| Error::not_found("team", slug))
}

/// What somebody may mean by a word for an owner.
#[derive(Debug, PartialEq, Eq)]
enum Word {
    Team { slug: Option<String>, group: Option<String> },
    Person { handle: Option<String>, user: Option<String> },
    Neither,
}

impl Word {
    fn of(word: &str) -> Self {
        let word = word.to_lowercase();
        let (kind, rest) = word.split_once(':').unwrap_or(("team", &word));
        let (namespace, name) = rest.split_once('/').unwrap_or(("default", rest));
        let bare = (namespace == "default").then(|| name.to_owned());
        match kind {
            "team" => Self::Team { slug: Some(rest.to_owned()), group: None },
            "group" => Self::Team { slug: bare, group: Some(format!("group:{namespace}/{name}")) },
            "person" => Self::Person { handle: Some(rest.to_owned()), user: None },
            "user" => Self::Person { handle: bare, user: Some(format!("user:{namespace}/{name}")) },
            _ => Self::Neither,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Word;

    #[test]
    fn an_owner_may_be_named_in_several_ways() {
        let team = |slug: Option<&str>, group: Option<&str>| Word::Team {
            slug: slug.map(Into::into),
            group: group.map(Into::into),
        };
        assert_eq!(Word::of("Basket"), team(Some("basket"), None));
        assert_eq!(Word::of("team:basket"), team(Some("basket"), None));
        assert_eq!(Word::of("group:basket"), team(Some("basket"), Some("group:default/basket")));
        assert_eq!(Word::of("group:shop/basket"), team(None, Some("group:shop/basket")));
        assert_eq!(
            Word::of("user:default/imke"),
            Word::Person { handle: Some("imke".into()), user: Some("user:default/imke".into()) }
        );
        assert_eq!(Word::of("component:default/x"), Word::Neither);
    }
}
