//! What an edit would change and for whom, before it is saved.

use std::collections::{BTreeMap, HashMap};

use portolan_domain::{
    PersonId, Result as Outcome,
    rota::{self, Difference, Edit, Holder},
};

use crate::{caller::Viewer, page::Shell};

const SHOWN: usize = 40;

/// One time at which somebody else would be on call.
#[derive(Debug)]
pub(super) struct Moved {
    pub(super) when: String,
    pub(super) before: String,
    pub(super) after: String,
}

/// The preview, in words.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) moved: Vec<Moved>,
    /// How many more there are.
    pub(super) more: usize,
    /// People whose time changes, and how often.
    pub(super) people: Vec<(String, usize)>,
    /// Who would be on call too often, and one in how many.
    pub(super) too_often: Vec<(String, String)>,
}

/// What an edit would do.
pub(super) async fn of(viewer: &mut Viewer, shell: &Shell, slug: &str, edit: &Edit) -> Outcome<Told> {
    Ok(told(shell, rota::preview(&mut viewer.cx(), slug, edit).await?))
}

/// A preview in words.
pub(super) fn told(shell: &Shell, preview: rota::Preview) -> Told {
    let names: HashMap<PersonId, String> =
        preview.people.into_iter().map(|person| (person.id, person.name)).collect();
    let mut people: BTreeMap<&str, usize> = BTreeMap::new();
    for id in preview.differences.iter().flat_map(Difference::concerns) {
        if let Some(name) = names.get(&id) {
            *people.entry(name).or_default() += 1;
        }
    }
    let moved = preview.differences.iter().take(SHOWN).map(|d| Moved {
        when: shell.span(d.start, d.end),
        before: holders(&names, &d.before),
        after: holders(&names, &d.after),
    });
    Told {
        moved: moved.collect(),
        more: preview.differences.len().saturating_sub(SHOWN),
        people: people.into_iter().map(|(name, n)| (name.to_owned(), n)).collect(),
        too_often: preview
            .too_often
            .into_iter()
            .map(|t| (t.person.name, format!("{:.1}", t.one_in)))
            .collect(),
    }
}

fn holders(names: &HashMap<PersonId, String>, holders: &[Holder]) -> String {
    let name = |id: &PersonId| names.get(id).map_or("somebody", String::as_str);
    let told = holders.iter().map(|holder| match holder {
        Holder::Person(id) => name(id).to_owned(),
        Holder::Vacant(id) => format!("nobody ({} left)", name(id)),
        Holder::Nobody => "nobody, on purpose".into(),
        Holder::Gap => "nobody".into(),
    });
    let told = told.collect::<Vec<_>>().join(" and ");
    if told.is_empty() { "not covered".into() } else { told }
}
