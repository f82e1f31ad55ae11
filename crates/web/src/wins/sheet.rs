//! The entries of an update as the fields of one form, and back.
//!
//! A field of an entry is called after what it says and the entry's key: `summary-0192…`. What is new has a word in its place.

use portolan_domain::{
    Error, Problem, WinsEntryId,
    wins::{Checked, Entry, EntryEdit, Kind, NewEntry, Sensitivity, Sheet, SheetEdit, Topic, Words},
};

use super::numbers;
use crate::form::Form;

/// What an entry says, and what people see beside it.
const FIELDS: [(&str, &str); 10] = [
    ("summary", "in one line"),
    ("situation", "situation"),
    ("action", "action"),
    ("result", "result"),
    ("numbers", "the numbers"),
    ("topic", "what it is about"),
    ("sensitivity", "how far it may go"),
    ("credits", "credited"),
    ("about", "of the catalog"),
    ("teams", "other teams it names"),
];

/// The empty entries that the form ends with, by their word.
const NEW: [(&str, Kind); 2] = [("win", Kind::Win), ("challenge", Kind::Challenge)];

/// The name of a field of an entry; the field alone where a form has one entry.
pub(crate) fn name<O: ToString + ?Sized>(field: &str, of: &O) -> String {
    match of.to_string().as_str() {
        "" => field.to_owned(),
        of => format!("{field}-{of}"),
    }
}

/// What the fields of an entry say.
fn said(entry: &Entry) -> [String; 10] {
    let words = &entry.words;
    let handles: Vec<_> = entry.credits.iter().map(|p| p.handle.as_str()).collect();
    let about: Vec<_> = entry.about.iter().map(|a| a.entity_ref.as_str()).collect();
    let teams: Vec<_> = entry.namings.iter().map(|n| n.team.slug.as_str()).collect();
    [
        words.summary.clone(),
        words.situation.clone(),
        words.action.clone(),
        words.result.clone(),
        numbers::text(&words.numbers),
        entry.topic.map(|t| t.as_str().to_owned()).unwrap_or_default(),
        entry.sensitivity.as_str().to_owned(),
        handles.join(", "),
        about.join(", "),
        teams.join(", "),
    ]
}

/// A form with the fields of an entry.
pub(super) fn filled(form: Form, entry: &Entry, of: &str) -> Form {
    let fields = FIELDS.iter().zip(said(entry));
    fields.fold(form, |form, ((field, _), said)| form.with(&name(field, of), said))
}

/// All entries in their order, wins first.
pub(super) fn entries(sheet: &Sheet) -> impl Iterator<Item = &Entry> {
    sheet.wins.iter().chain(&sheet.challenges).map(|checked| &checked.entry)
}

/// The form of an update as it stands.
pub(super) fn form(sheet: &Sheet) -> Form {
    let order: Vec<_> = entries(sheet).map(|e| e.id.to_string()).collect();
    let begun = Form::blank().with("intro", &sheet.update.intro).with("order", order.join(" "));
    let form = entries(sheet).fold(begun, |form, entry| filled(form, entry, &entry.id.to_string()));
    let ready =
        NEW.iter().fold(form, |form, (word, _)| form.with(&name("sensitivity", word), Sensitivity::Publish));
    labelled(ready, sheet)
}

/// The same form with the words that people see beside its fields.
pub(super) fn labelled(form: Form, sheet: &Sheet) -> Form {
    let of = |form: Form, word: String, key: &str| {
        FIELDS
            .iter()
            .fold(form, |form, (field, label)| form.called(&name(field, key), &format!("{word}, {label}")))
    };
    let numbered = |all: &[Checked]| -> Vec<(String, String)> {
        let word = |(n, one): (usize, &Checked)| {
            (format!("{} {}", one.entry.kind.label(), n + 1), one.entry.id.to_string())
        };
        all.iter().enumerate().map(word).collect()
    };
    let all = numbered(&sheet.wins).into_iter().chain(numbered(&sheet.challenges));
    let new = NEW
        .iter()
        .map(|(word, kind)| (format!("The new {}", kind.label().to_lowercase()), (*word).to_owned()));
    let form = all.chain(new).fold(form, |form, (word, key)| of(form, word, &key));
    let beside =
        [("intro", "A word above the entries"), ("most_wins", "Wins"), ("most_challenges", "Challenges")];
    beside.into_iter().fold(form, |form, (field, label)| form.called(field, label))
}

/// A field of the form that says something else than the update does.
pub(crate) struct Unsaved {
    pub(crate) name: String,
    /// What people see beside it.
    pub(crate) label: String,
    pub(crate) text: String,
    /// What was chosen of a list, as people read it; empty: it was typed.
    pub(crate) chosen: &'static str,
}

/// What was typed beside what stands in the update.
#[derive(Default)]
pub(crate) struct Typed {
    /// What does not stand in it.
    pub(crate) unsaved: Vec<Unsaved>,
    /// The other fields of its entries, by name: an entry is sent whole.
    pub(crate) others: Vec<(String, String)>,
    /// Whether something was typed for an entry that is not in it any more.
    pub(crate) is_astray: bool,
}

/// What of a form was typed and does not stand in the update. A new entry that stands in it in the same words was saved.
pub(super) fn unsaved(form: &Form, sheet: &Sheet) -> Typed {
    let now = self::form(sheet);
    let mut typed = Typed::default();
    let is_there = |word: &str, kind: Kind| {
        let said = words(form, word);
        entries(sheet).any(|entry| entry.kind == kind && entry.words == said)
    };
    let saved: Vec<&str> =
        NEW.iter().filter(|(word, kind)| is_there(word, *kind)).map(|(word, _)| *word).collect();
    for name in form.names() {
        let (field, key) = name.split_once('-').unwrap_or((name, ""));
        let label =
            FIELDS.iter().find(|(known, _)| *known == field && !key.is_empty()).map(|(_, label)| *label);
        if (label.is_none() && name != "intro") || saved.contains(&key) {
            continue;
        }
        let text = form.text(name);
        if text == now.text(name) {
            typed.others.push((name.to_owned(), text));
            continue;
        }
        let is_here = now.flag(name) || NEW.iter().any(|(word, _)| *word == key);
        typed.is_astray |= !is_here;
        let label = match label {
            Some(label) if !is_here => format!("An entry that is not in it any more, {label}"),
            _ => form.label(name),
        };
        let chosen = match field {
            "sensitivity" => text.parse::<Sensitivity>().map_or("", Sensitivity::label),
            "topic" if text.is_empty() => "Not said",
            "topic" => text.parse::<Topic>().map_or("", Topic::label),
            _ => "",
        };
        typed.unsaved.push(Unsaved { name: name.to_owned(), label, text, chosen });
    }
    typed
}

/// What is listed in a line of text.
fn listed(text: &str) -> Vec<String> {
    text.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|one| !one.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What the fields of an entry say of it.
fn words(form: &Form, of: &str) -> Words {
    let text = |field| form.text(&name(field, of));
    Words {
        summary: text("summary").split_whitespace().collect::<Vec<_>>().join(" "),
        situation: text("situation"),
        action: text("action"),
        result: text("result"),
        numbers: numbers::read(&text("numbers")),
    }
}

/// What was done to an entry, if anything.
pub(super) fn edit(form: &Form, of: &str, entry: &Entry) -> Option<EntryEdit> {
    let was = said(entry);
    let changed = |field: &str| {
        let at = FIELDS.iter().position(|(f, _)| *f == field)?;
        let name = name(field, of);
        (form.flag(&name) && form.text(&name) != was[at].trim()).then(|| form.text(&name))
    };
    let reworded =
        ["summary", "situation", "action", "result", "numbers"].iter().any(|f| changed(f).is_some());
    let edit = EntryEdit {
        kind: form.text(&name("kind", of)).parse().ok().filter(|kind| *kind != entry.kind),
        words: reworded.then(|| words(form, of)),
        topic: changed("topic").map(|topic| topic.parse::<Topic>().ok()),
        sensitivity: changed("sensitivity").and_then(|s| s.parse().ok()),
        credits: changed("credits").map(|text| listed(&text)),
        about: changed("about").map(|text| listed(&text)),
        teams: changed("teams").map(|text| listed(&text)),
        set_aside: None,
    };
    let EntryEdit { kind, words, topic, sensitivity, credits, about, teams, .. } = &edit;
    let any = kind.is_some()
        || words.is_some()
        || topic.is_some()
        || sensitivity.is_some()
        || credits.is_some()
        || about.is_some()
        || teams.is_some();
    any.then_some(edit)
}

/// An entry that was typed anew.
pub(super) fn new_entry(form: &Form, of: &str, kind: Kind, team: &str) -> NewEntry {
    let text = |field| form.text(&name(field, of));
    NewEntry {
        team: team.to_owned(),
        kind: Some(kind),
        words: words(form, of),
        topic: text("topic").parse().ok(),
        sensitivity: text("sensitivity").parse().ok(),
        credits: listed(&text("credits")),
        about: listed(&text("about")),
        teams: listed(&text("teams")),
        source_link: String::new(),
    }
}

/// Fields of a new entry in which anything typed makes it one.
const TYPED: [&str; 8] = ["summary", "situation", "action", "result", "numbers", "credits", "about", "teams"];

/// The new entries of the form that say anything, each with its word.
fn typed_anew(form: &Form, sheet: &Sheet) -> Vec<(&'static str, NewEntry)> {
    NEW.iter()
        .filter(|(word, _)| is_typed(form, word))
        .map(|(word, kind)| (*word, new_entry(form, word, *kind, &sheet.update.team.slug)))
        .collect()
}

/// Whether anything was typed for the new entry of this word.
pub(crate) fn is_typed(form: &Form, word: &str) -> bool {
    TYPED.iter().any(|field| !form.text(&name(field, word)).is_empty())
}

/// The order that the form says; of what came meanwhile it says nothing, so that stands behind.
fn ordered(form: &Form, known: &[WinsEntryId]) -> Vec<WinsEntryId> {
    let read: Vec<WinsEntryId> = form.text("order").split(' ').filter_map(|id| id.parse().ok()).collect();
    let kept = read.iter().filter(|id| known.contains(id)).copied();
    let came = known.iter().filter(|id| !read.contains(id)).copied();
    kept.chain(came).collect()
}

/// What was done to the update since its form was shown, if anything. `step` is a press that moves an entry: which one, and whether down.
pub(super) fn read(form: &Form, sheet: &Sheet, step: Option<(WinsEntryId, bool)>) -> Option<SheetEdit> {
    let entries_: Vec<_> = entries(sheet)
        .filter_map(|entry| Some((entry.id, edit(form, &entry.id.to_string(), entry)?, Some(entry.version))))
        .collect();
    let new: Vec<_> = typed_anew(form, sheet).into_iter().map(|(_, new)| new).collect();
    let intro =
        Some(form.text("intro")).filter(|text| form.flag("intro") && *text != sheet.update.intro.trim());
    let known: Vec<_> = entries(sheet).map(|e| e.id).collect();
    let mut asked = ordered(form, &known);
    if let Some((entry, down)) = step {
        asked = moved(sheet, &asked, entry, down);
    }
    let order = if asked == known { Vec::new() } else { asked };
    let untouched = entries_.is_empty() && new.is_empty() && intro.is_none() && order.is_empty();
    let version = Some(sheet.update.version);
    (!untouched).then_some(SheetEdit { intro, entries: entries_, new, order, version })
}

/// An order, wins first, after one entry went a step up or down among those of its kind.
fn moved(sheet: &Sheet, order: &[WinsEntryId], id: WinsEntryId, down: bool) -> Vec<WinsEntryId> {
    let of = |all: &[Checked]| -> Vec<WinsEntryId> {
        let is_of = |id: &&WinsEntryId| all.iter().any(|one| one.entry.id == **id);
        let mut ids: Vec<_> = order.iter().filter(is_of).copied().collect();
        if let Some(at) = ids.iter().position(|one| *one == id) {
            let to = if down { (at + 1).min(ids.len() - 1) } else { at.saturating_sub(1) };
            ids.swap(at, to);
        }
        ids
    };
    of(&sheet.wins).into_iter().chain(of(&sheet.challenges)).collect()
}

/// The same error with the names that the form has for the fields of what was sent: `entries[1].summary` is of the second entry
/// that was edited, `new[0].summary` of the first new one.
pub(super) fn in_fields(error: Error, form: &Form, sheet: &Sheet) -> Error {
    let Error::Invalid(problems) = error else { return error };
    let edited: Vec<_> = entries(sheet)
        .filter(|e| edit(form, &e.id.to_string(), e).is_some())
        .map(|e| e.id.to_string())
        .collect();
    let new: Vec<_> = typed_anew(form, sheet).into_iter().map(|(word, _)| word.to_owned()).collect();
    let place = |field: &str, list: &str, keys: &[String]| {
        let (n, rest) = field.strip_prefix(list)?.strip_prefix('[')?.split_once(']')?;
        let key = keys.get(n.parse::<usize>().ok()?)?;
        let (field, place) = split(rest.trim_start_matches('.'));
        Some(format!("{}{place}", name(field, key)))
    };
    let told = |p: Problem| {
        let found = place(&p.field, "entries", &edited).or_else(|| place(&p.field, "new", &new));
        Problem { field: found.unwrap_or_else(|| p.field.clone()), ..p }
    };
    Error::Invalid(problems.into_iter().map(told).collect())
}

/// A field of an entry, and which line of it: the second of `numbers[1].value`.
fn split(field: &str) -> (&str, &str) {
    let field = field.strip_prefix("words.").unwrap_or(field);
    let (name, place) = field.find(['[', '.']).map_or((field, ""), |at| field.split_at(at));
    (name, place.find(']').map_or(place, |end| &place[..=end]))
}
