//! A form that was overtaken: somebody else changed the thing while it was being filled in. It carries fingerprints of
//! what it began with, so that it can be told what the other person changed and what this one typed.

use sha2::{Digest, Sha256};

use super::Form;
use crate::words;

/// Fields that are the form's own and say nothing of the thing.
const MACHINERY: [&str; 4] = ["csrf", "version", "seen", "next"];
/// The most of a value that is told.
const ROOM: usize = 160;

/// A field that somebody else changed meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meanwhile {
    /// What people see beside the field.
    pub(crate) label: String,
    /// What the field says now; empty if it was emptied.
    pub(crate) theirs: String,
    /// What was typed here and stands in the form; none if nothing was, and theirs stands there.
    pub(crate) yours: Option<String>,
}

impl Form {
    /// Fingerprints of the values this form began with, for its hidden field.
    pub(crate) fn seen(&self) -> String {
        if self.flag("seen") {
            return self.value("seen").to_owned();
        }
        let said = self.names().into_iter().map(|name| (name, self.said(name)));
        let prints =
            said.filter(|(_, said)| !said.is_empty()).map(|(n, said)| format!("{n}:{}", print(&said)));
        prints.collect::<Vec<_>>().join(" ")
    }

    /// Brings an overtaken form up to what is there `now`: what only the other person changed is taken over, what was
    /// typed here stays, and saving again is saving over what the other person wrote, knowingly.
    pub(crate) fn overtaken(&mut self, now: &Form) {
        let seen: Option<Vec<(String, String)>> = self.flag("seen").then(|| {
            let pairs = self.value("seen").split(' ').filter_map(|pair| pair.split_once(':'));
            pairs.map(|(name, print)| (name.to_owned(), print.to_owned())).collect()
        });
        let began = |name: &str, said: &str| {
            let print = if said.is_empty() { String::new() } else { print(said) };
            let then = seen.as_ref()?.iter().find(|(n, _)| n == name).map_or("", |(_, then)| then);
            Some(then == print)
        };
        let mut names: Vec<String> = now.names().into_iter().map(str::to_owned).collect();
        names.extend(self.names().into_iter().filter(|n| !now.flag(n)).map(str::to_owned));
        let mut meanwhile = Vec::new();
        for name in names {
            let (theirs, mine) = (now.said(&name), self.said(&name));
            if theirs == mine || began(&name, &theirs) == Some(true) {
                continue;
            }
            // what a form without fingerprints says counts as typed: nothing of it is thrown away
            let typed = self.flag(&name) && began(&name, &mine) != Some(true);
            if !typed {
                self.fields.retain(|(n, _)| *n != name);
                self.fields.extend(now.fields.iter().filter(|(n, _)| *n == name).cloned());
            }
            meanwhile.push(Meanwhile {
                label: self.label(&name),
                theirs: words::brief(&theirs, ROOM),
                yours: typed.then(|| words::brief(&mine, ROOM)),
            });
        }
        self.fields.retain(|(n, _)| n != "version" && n != "seen");
        self.fields.push(("version".into(), now.value("version").into()));
        self.fields.push(("seen".into(), now.seen()));
        self.refusal = Some("Somebody else changed this while you had it open".into());
        self.meanwhile = Some(meanwhile);
    }

    /// The same where a form is of many things and somebody else changing another of them is no reason to stop: what only
    /// the other person changed is taken over without a word. Whether something was changed here and there, which is told.
    pub(crate) fn caught_up(&mut self, now: &Form) -> bool {
        self.overtaken(now);
        let clash = self.meanwhile.iter().flatten().any(|m| m.yours.is_some());
        if !clash {
            self.refusal = None;
            self.meanwhile = None;
        }
        clash
    }

    /// For a form that holds nothing of the thing, so that there is nothing in it to compare: what was typed stays, and
    /// how the thing stands is told in words.
    pub(crate) fn outrun(&mut self, version: i64, now: &str) {
        self.fields.retain(|(n, _)| n != "version");
        self.fields.push(("version".into(), version.to_string()));
        self.refusal = Some(format!("Somebody else changed this while you had it open: {now}"));
    }

    /// What somebody else changed, if the form was overtaken.
    pub(crate) fn meanwhile(&self) -> Option<&[Meanwhile]> {
        self.meanwhile.as_deref()
    }

    /// Names of the fields that say something of the thing, each once.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for (name, _) in &self.fields {
            if !MACHINERY.contains(&name.as_str()) && !names.contains(&name.as_str()) {
                names.push(name.as_str());
            }
        }
        names
    }

    /// All that a field says, ticks in their order.
    fn said(&self, name: &str) -> String {
        self.all(name).iter().map(|value| value.trim()).collect::<Vec<_>>().join(", ")
    }
}

fn print(said: &str) -> String {
    hex::encode(&Sha256::digest(said)[..6])
}

#[cfg(test)]
mod tests {
    use portolan_domain::Error;

    use super::*;

    fn shown() -> Form {
        let form = Form::blank().with("version", 3).with("title", "Ledger").with("tags", "a, b");
        form.with("runbook", "https://r").with("roles", "support")
    }

    /// What a browser sends back of a form, with some fields typed anew.
    fn sent(form: &Form, typed: &[(&str, &str)]) -> Form {
        let mut back = Form { fields: form.fields.clone(), ..Form::default() }.with("seen", form.seen());
        for (name, value) in typed {
            back.fields.retain(|(n, _)| n != name);
            back.fields.push(((*name).into(), (*value).into()));
        }
        back.with("csrf", "x")
    }

    #[test]
    fn what_the_other_changed_is_told_and_what_was_typed_is_kept() {
        let mut form = sent(&shown(), &[("title", "Ledger, the second"), ("tags", "a, b, c")]);
        let now = Form::blank().with("version", 4).with("title", "General ledger").with("tags", "a, b");
        let now = now.with("roles", "support").with("roles", "development"); // and the runbook is gone
        form.refuse(Error::Stale).unwrap();
        form.overtaken(&now);
        let told = |label: &str, theirs: &str, yours: Option<&str>| Meanwhile {
            label: label.into(),
            theirs: theirs.into(),
            yours: yours.map(Into::into),
        };
        assert_eq!(
            form.meanwhile().unwrap(),
            [
                told("Title", "General ledger", Some("Ledger, the second")),
                told("Roles it plays", "support, development", None),
                told("Runbook", "", None),
            ]
        );
        assert_eq!((form.value("title"), form.value("tags")), ("Ledger, the second", "a, b, c"));
        assert_eq!((form.all("roles").len(), form.value("runbook")), (2, ""));
        assert_eq!(form.version(), Some(4));

        // overtaken a second time: it is measured from what it was shown last
        let mut again = sent(&form, &[]);
        again.fields.retain(|(n, _)| n != "seen");
        again = again.with("seen", form.seen());
        again.overtaken(&Form { fields: now.fields.clone(), ..Form::default() }.with("contact", "#x"));
        assert_eq!(again.meanwhile().unwrap(), [told("Contact", "#x", None)]);
        assert_eq!(again.value("title"), "Ledger, the second");
    }

    #[test]
    fn what_only_others_changed_is_taken_over_without_a_word() {
        let began = Form::blank().with("summary-a", "One").with("summary-b", "Two");
        let sent =
            |a: &str| Form::blank().with("seen", began.seen()).with("summary-a", a).with("summary-b", "Two");
        let now = Form::blank().with("summary-a", "One").with("summary-b", "Two, by another");

        let mut form = sent("One, mine");
        assert!(!form.caught_up(&now) && !form.is_refused());
        assert_eq!((form.value("summary-a"), form.value("summary-b")), ("One, mine", "Two, by another"));

        let mut form = sent("One, mine");
        assert!(form.caught_up(&Form::blank().with("summary-a", "One, theirs").with("summary-b", "Two")));
        assert_eq!(form.value("summary-a"), "One, mine");
        assert_eq!(form.meanwhile().unwrap().len(), 1);
    }

    #[test]
    fn without_fingerprints_nothing_typed_is_thrown_away() {
        let mut form = Form::blank().with("version", 3).with("title", "Mine");
        form.overtaken(&Form::blank().with("version", 4).with("title", "Theirs"));
        assert_eq!(form.value("title"), "Mine");
        assert_eq!(form.meanwhile().unwrap()[0].yours.as_deref(), Some("Mine"));
    }
}
