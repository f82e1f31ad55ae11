//! A person's or a team's record: what was done, and thanked for.

use std::collections::HashMap;

use jiff::civil::Date;

use super::{
    archive, plain,
    record::{Cycle, Entry},
    store,
};
use crate::{Cx, Error, Result, people};

/// Entries that one record holds.
const MOST: i64 = 2_000;

/// Whose record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum YearOf {
    /// The actor's own.
    Me,
    /// A team's (slug), with those below it. For whoever is in it, its lead and those above.
    Team(String),
}

/// A record.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Year {
    /// Whose, as a title: the name of the person or the team.
    pub title: String,
    /// From this day.
    pub from: Date,
    /// Until this one, included.
    pub until: Date,
    /// What was done, newest first; at most 2,000.
    pub rows: Vec<YearRow>,
}

/// One thing that was done.
#[derive(Debug, Clone, serde::Serialize)]
pub struct YearRow {
    /// The entry, in the words of those who did it.
    pub entry: Entry,
    /// The cycle in which it was handed up; none: it was not yet.
    pub cycle: Option<Cycle>,
    /// The highest level that published it: the team's name and the path of the publication, if the actor may read it.
    pub published: Option<(String, String)>,
    /// Thanks, each with who said it and their words.
    pub thanks: Vec<(String, String)>,
}

impl Year {
    /// As Markdown.
    pub fn markdown(&self, base_url: &str) -> String {
        let mut out = format!("# {}: {} to {}\n", plain::inline(&self.title), self.from, self.until);
        let mut cycle = None;
        for row in &self.rows {
            let heading = heading(row);
            if cycle.as_ref() != Some(&heading) {
                out.push_str(&format!("\n## {heading}\n"));
                cycle = Some(heading);
            }
            row.write_markdown(&mut out, base_url);
        }
        out
    }

    /// As CSV (RFC 4180), one row each; cells that a spreadsheet would compute are made plain text.
    pub fn csv(&self, base_url: &str) -> String {
        let mut out = COLUMNS.join(",");
        out.push_str("\r\n");
        for row in &self.rows {
            let cells: Vec<_> = row.cells(base_url).iter().map(|text| cell(text)).collect();
            out.push_str(&cells.join(","));
            out.push_str("\r\n");
        }
        out
    }
}

const COLUMNS: [&str; 14] = [
    "cycle",
    "last day",
    "kind",
    "topic",
    "team",
    "summary",
    "situation",
    "action",
    "result",
    "figures",
    "about",
    "credited",
    "published by",
    "thanks",
];

/// A cell that is read as text: quoted where that is needed, and never begun as a formula.
fn cell(text: &str) -> String {
    let text = plain::visible(text);
    let computed =
        text.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    let text = if computed || text.starts_with('\t') { format!("'{text}") } else { text };
    if text.contains([',', '"', '\n', '\r', ';', '\t']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

fn heading(row: &YearRow) -> String {
    row.cycle.as_ref().map_or_else(
        || "Not handed up yet".into(),
        |cycle| format!("{}, {}", cycle.title(), cycle.ends_on.year()),
    )
}

impl YearRow {
    fn figures(&self) -> Vec<String> {
        self.entry.words.numbers.iter().map(ToString::to_string).collect()
    }

    fn said(&self) -> Vec<String> {
        let said = |(who, words): &(String, String)| {
            if words.is_empty() { who.clone() } else { format!("{who}: {words}") }
        };
        self.thanks.iter().map(said).collect()
    }

    fn cells(&self, base_url: &str) -> [String; 14] {
        let (entry, words) = (&self.entry, &self.entry.words);
        [
            self.cycle.as_ref().map_or_else(String::new, |cycle| cycle.slug.clone()),
            self.cycle.as_ref().map_or_else(String::new, |cycle| cycle.ends_on.to_string()),
            entry.kind.as_str().into(),
            entry.topic.map_or("", |topic| topic.as_str()).into(),
            entry.team.name.clone(),
            words.summary.clone(),
            words.situation.clone(),
            words.action.clone(),
            words.result.clone(),
            self.figures().join("; "),
            entry.about.iter().map(|entity| entity.title.as_str()).collect::<Vec<_>>().join("; "),
            entry.credits.iter().map(|person| person.name.as_str()).collect::<Vec<_>>().join("; "),
            self.published.as_ref().map_or_else(String::new, |(_, path)| plain::address(base_url, path)),
            self.said().join("; "),
        ]
    }

    fn write_markdown(&self, out: &mut String, base_url: &str) {
        let (entry, words) = (&self.entry, &self.entry.words);
        out.push_str(&format!("\n### {}\n\n", plain::inline(&words.summary)));
        let mut told = vec![format!("{} of {}.", entry.kind.label(), plain::inline(&entry.team.name))];
        if !entry.credits.is_empty() {
            let names: Vec<_> = entry.credits.iter().map(|person| plain::inline(&person.name)).collect();
            told.push(format!("By {}.", names.join(", ")));
        }
        if let Some((name, path)) = &self.published {
            told.push(format!("Published by [{}]({}).", plain::inline(name), plain::address(base_url, path)));
        }
        out.push_str(&format!("{}\n", told.join(" ")));
        for (name, text) in
            [("Situation", &words.situation), ("Action", &words.action), ("Result", &words.result)]
        {
            let text = plain::blocks(text);
            if !text.is_empty() {
                out.push_str(&format!("\n**{name}**\n\n{text}\n"));
            }
        }
        for (name, lines) in [("Figures", self.figures()), ("Thanks", self.said())] {
            if !lines.is_empty() {
                let lines: Vec<_> = lines.iter().map(|line| format!("- {}", plain::inline(line))).collect();
                out.push_str(&format!("\n**{name}**\n\n{}\n", lines.join("\n")));
            }
        }
    }
}

/// The record of a person or a team between two days.
pub async fn year(cx: &mut Cx<'_>, of: &YearOf, from: Date, until: Date) -> Result<Year> {
    let me = cx.reader()?;
    if from > until {
        return Err(Error::invalid("until", "must not be before the first day"));
    }
    let (title, team) = match of {
        YearOf::Me => (people::person_by_id(cx, me).await?.name, None),
        YearOf::Team(slug) => {
            let team = people::team(cx, slug).await?;
            let (inside, over) = store::plan::chain(cx, team.id, me).await?;
            if !inside && !over {
                return Err(Error::Forbidden(format!(
                    "the record of {} is for whoever is in it, its lead and those above it; \
                     what it published is in the archive",
                    team.name
                )));
            }
            (team.name, Some(team.id))
        }
    };
    let found = store::year::entries(cx, me, team, (from, until), MOST).await?;
    let keys: Vec<_> = found.iter().map(|(entry, _)| *entry).collect();
    let mut entries = archive::shown(cx, &keys).await?;
    let cycles: Vec<_> = found.iter().filter_map(|(_, cycle)| *cycle).collect();
    let cycles = store::cycle::by_ids(cx, &cycles).await?;
    let mut published: HashMap<_, _> = store::year::published(cx, me, &keys).await?.into_iter().collect();
    let mut thanks: HashMap<_, Vec<_>> = HashMap::new();
    for (entry, who, words) in store::year::thanks(cx, me, &keys).await? {
        thanks.entry(entry).or_default().push((who, words));
    }
    let row = |(id, cycle): (_, Option<_>)| {
        Some(YearRow {
            entry: entries.remove(&id)?,
            cycle: cycle.and_then(|cycle| cycles.get(&cycle)).cloned(),
            published: published.remove(&id),
            thanks: thanks.remove(&id).unwrap_or_default(),
        })
    };
    Ok(Year { title, from, until, rows: found.into_iter().filter_map(row).collect() })
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_spreadsheet_computes_nothing() {
        for (text, shown) in [
            ("plain", "plain"),
            ("a, \"b\"", "\"a, \"\"b\"\"\""),
            ("=1+1", "'=1+1"),
            (" =1+1", "' =1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2,5 %", "\"'-2,5 %\""),
            ("\t=1", "\"'\t=1\""),
            ("two\nlines", "\"two\nlines\""),
            ("a;=1", "\"a;=1\""),
        ] {
            assert_eq!(cell(text), shown);
        }
    }
}
