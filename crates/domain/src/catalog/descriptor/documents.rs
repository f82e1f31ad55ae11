//! From bytes to documents: split, read under limits, and say on which line a mistake is.
//!
//! YAML is split before it is parsed: a line that begins with `---` or `...` always ends a document, also inside
//! quotes and block text. So a document that cannot be parsed takes no other with it, none is parsed before its size
//! is known, and the work is shared among threads. Those have a stack of their own size: depth is bounded, and the
//! bound holds whatever stack the caller runs on.

use std::num::NonZero;

use serde::de::DeserializeSeed;
use serde_json::{Value, value::RawValue};
use serde_saphyr::{DefaultMessageFormatter, MessageFormatter, NonFiniteFloatPolicy};

use super::{
    Descriptor, Document, Place, Rejected,
    tree::{MAX_DEPTH, Tree},
};
use crate::{Error, Problem, Result};

/// Most bytes of one apply.
pub const MAX_BODY: usize = 64 << 20;
/// Most bytes of one document.
pub const MAX_DOCUMENT: usize = 1 << 20;
/// Most documents of one apply.
pub const MAX_DOCUMENTS: usize = 50_000;

/// How documents are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A YAML stream of any number of documents.
    Yaml,
    /// One JSON object, or a list of them.
    Json,
}

/// A file, or what stands for one.
#[derive(Debug, Clone)]
pub struct File {
    /// Its name, as it is to be shown.
    pub location: Option<String>,
    /// How it is written.
    pub format: Format,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// A document not yet read.
struct Raw<'a> {
    place: Place,
    format: Format,
    bytes: &'a [u8],
    /// What is wrong before anything is read.
    damaged: Option<Problem>,
}

/// Reads all documents of all files, in order. Fails only if a limit on the whole is exceeded.
pub fn read(files: &[File]) -> Result<Vec<Document>> {
    let size: usize = files.iter().map(|f| f.bytes.len()).sum();
    if size > MAX_BODY {
        return Err(Error::invalid(
            "documents",
            format!("are {} MiB together; one apply takes {} MiB at most", size >> 20, MAX_BODY >> 20),
        ));
    }
    let mut raw = Vec::new();
    for file in files {
        match file.format {
            Format::Yaml => split_yaml(file, &mut raw),
            Format::Json => split_json(file, &mut raw),
        }
        if raw.len() > MAX_DOCUMENTS {
            return Err(Error::invalid(
                "documents",
                format!("are more than {MAX_DOCUMENTS}; split them over several sources"),
            ));
        }
    }
    in_threads(&raw)
}

/// Shares the documents among threads; the order stays.
fn in_threads(raw: &[Raw<'_>]) -> Result<Vec<Document>> {
    const STACK: usize = 16 << 20;
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(4);
    let share = raw.len().div_ceil(threads).max(1);
    let failed =
        |_| Error::Unavailable("there is no thread free to read descriptors; try again in a moment".into());
    std::thread::scope(|scope| {
        let mut shares = Vec::new();
        for part in raw.chunks(share) {
            let work = move || part.iter().filter_map(document).collect::<Vec<_>>();
            shares.push(
                std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).map_err(failed)?,
            );
        }
        let mut all = Vec::with_capacity(raw.len());
        for share in shares {
            let read = share
                .join()
                .map_err(|_| Error::Unavailable("reading the descriptors failed on our side".into()))?;
            all.extend(read);
        }
        Ok(all)
    })
}

/// One document; none if it is empty.
fn document(raw: &Raw<'_>) -> Option<Document> {
    let outcome = match value(raw) {
        Ok(Value::Null) => return None,
        Ok(value) => Descriptor::from_document(value),
        Err(problem) => Err(Rejected { reference: None, problems: vec![problem] }),
    };
    Some(Document { place: raw.place.clone(), outcome })
}

fn value(raw: &Raw<'_>) -> Result<Value, Problem> {
    if let Some(problem) = &raw.damaged {
        return Err(problem.clone());
    }
    if raw.bytes.len() > MAX_DOCUMENT {
        let message = format!(
            "is {} KiB; one document takes {} KiB at most",
            raw.bytes.len() >> 10,
            MAX_DOCUMENT >> 10
        );
        return Err(Problem { field: "document".into(), message });
    }
    let text = match std::str::from_utf8(raw.bytes) {
        Ok(text) => text,
        Err(e) => return Err(at(raw, e.valid_up_to(), "is not valid UTF-8; save it as UTF-8")),
    };
    if let Some(offset) = text.find('\0') {
        return Err(at(raw, offset, "holds a NUL byte; this is no text"));
    }
    match raw.format {
        Format::Yaml => yaml(text, raw.place.line).and_then(|value| not_swollen(value, text)),
        Format::Json => json(text, raw.place.line),
    }
}

/// A problem at a byte of the document.
fn at(raw: &Raw<'_>, offset: usize, what: &str) -> Problem {
    let before = raw.bytes.get(..offset).unwrap_or_default();
    let line = raw.place.line + count_lines(before);
    let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
    Problem { field: "document".into(), message: format!("{what} (line {line}, column {column})") }
}

fn unreadable(why: &str, line: usize, column: usize) -> Problem {
    let why: String = why.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    Problem {
        field: "document".into(),
        message: format!("cannot be read: {why} (line {line}, column {column})"),
    }
}

/// What YAML means here: `no` and `.inf` are texts. Whoever reads a file to send it on reads it with these options too, or
/// the portal would be told something else than the file says.
pub fn yaml_meaning() -> serde_saphyr::Options {
    serde_saphyr::options! {
        strict_booleans: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
    }
}

/// Reads one YAML document that begins on `line` of its file.
pub(super) fn yaml(text: &str, line: usize) -> Result<Value, Problem> {
    let mut options = yaml_meaning();
    options.budget = serde_saphyr::budget! {
        max_depth: MAX_DEPTH,
        flow_nesting_limit: MAX_DEPTH + 1,
        max_documents: 2,
        max_nodes: 250_000,
        max_aliases: 2_000,
        max_anchors: 2_000,
        max_merge_keys: 2_000,
        max_total_scalar_bytes: 4 * MAX_DOCUMENT,
        max_recorded_anchor_events: 250_000,
        max_recorded_anchor_bytes: 8 * MAX_DOCUMENT,
    };
    options.alias_limits = serde_saphyr::alias_limits! { max_total_replayed_events: 250_000 };
    options.emit_comments = false;
    options.with_snippet = false;
    serde_saphyr::with_deserializer_from_str_with_options(text, options, |reader| {
        Tree(MAX_DEPTH).deserialize(reader)
    })
    .map_err(|e| {
        let e = e.without_snippet();
        let (below, column) = e.location().map_or((1, 1), |l| (l.line().max(1), l.column().max(1)));
        let line = line + usize::try_from(below - 1).unwrap_or_default();
        unreadable(&reason(e), line, usize::try_from(column).unwrap_or(1))
    })
}

/// One YAML document (JSON is YAML too) as a value, under the same limits as a descriptor.
pub fn read_value(text: &str) -> Result<Value, Problem> {
    if text.len() > MAX_DOCUMENT {
        let message =
            format!("is {} KiB; one document takes {} KiB at most", text.len() >> 10, MAX_DOCUMENT >> 10);
        return Err(Problem { field: "document".into(), message });
    }
    if text.contains('\0') {
        return Err(Problem {
            field: "document".into(),
            message: "holds a NUL byte; this is no text".into(),
        });
    }
    yaml(text, 1).and_then(|value| not_swollen(value, text))
}

/// Refuses a document whose aliases make it many times larger than what was sent: each of fifty thousand small ones may
/// keep within its own limits, and all of them together fill the memory.
fn not_swollen(value: Value, text: &str) -> Result<Value, Problem> {
    const SMALL: usize = 16 << 10;
    let aliased = text.contains('&') && text.contains('*');
    if aliased && value.to_string().len() > 4 * text.len() + SMALL {
        return Err(Problem { field: "document".into(), message: format!("cannot be read: {TOO_LARGE}") });
    }
    Ok(value)
}

const TOO_LARGE: &str = "its aliases and anchors make it far larger than it looks; write the values out";

/// What the parser found, in words for the writer of the file.
fn reason(error: &serde_saphyr::Error) -> String {
    use serde_saphyr::{Error as Yaml, budget::BudgetBreach};
    let too_deep = || format!("lists and mappings are nested more than {MAX_DEPTH} levels deep");
    let too_large = || TOO_LARGE.to_owned();
    match error {
        Yaml::Budget { breach: BudgetBreach::Depth { .. }, .. } => too_deep(),
        Yaml::Budget { .. }
        | Yaml::AliasReplayLimitExceeded { .. }
        | Yaml::AliasReplayStackDepthExceeded { .. } => too_large(),
        Yaml::DuplicateMappingKey { key: Some(key), .. } => format!("the key {key:?} is given twice"),
        other => {
            // the scanner and the recorder of aliases have limits of their own, which come as words
            match DefaultMessageFormatter.format_message(other).into_owned() {
                words if words.contains("recursion limit") => too_deep(),
                words if words.contains("budget breached") => too_large(),
                words => words,
            }
        }
    }
}

fn json(text: &str, line: usize) -> Result<Value, Problem> {
    let mut reader = serde_json::Deserializer::from_str(text);
    Tree(MAX_DEPTH).deserialize(&mut reader).map_err(|e| {
        let why = e.to_string();
        let why = why.rsplit_once(" at line ").map_or(why.as_str(), |(w, _)| w);
        unreadable(why, line + e.line().max(1) - 1, e.column())
    })
}

/// Cuts a YAML stream at its markers.
fn split_yaml<'a>(file: &'a File, into: &mut Vec<Raw<'a>>) {
    let bytes = file.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&file.bytes);
    let raw = |start: usize, end: usize, line| Raw {
        place: Place { location: file.location.clone(), line },
        format: Format::Yaml,
        bytes: &bytes[start..end],
        damaged: None,
    };
    let (mut start, mut start_line, mut line, mut offset, mut content) = (0, 1, 1, 0, false);
    for text in bytes.split_inclusive(|b| *b == b'\n') {
        let end = offset + text.len();
        if marker(text, b"---") {
            if content {
                into.push(raw(start, offset, start_line));
                (start, start_line) = (offset, line);
            }
            content = true; // what follows the marker on its line, or null
            if start == offset {
                start_line = line;
            }
        } else if marker(text, b"...") {
            if content {
                into.push(raw(start, offset, start_line));
            }
            (start, start_line, content) = (end, line + 1, false);
        } else if !(content
            || text.trim_ascii().is_empty()
            || text.trim_ascii_start().starts_with(b"#")
            || text.starts_with(b"%"))
        {
            content = true;
        }
        (offset, line) = (end, line + 1);
    }
    if content {
        into.push(raw(start, bytes.len(), start_line));
    }
}

/// Whether a line is this marker of a document's begin or end.
fn marker(line: &[u8], marker: &[u8]) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
}

/// Cuts a JSON list into its documents; anything else is one document.
fn split_json<'a>(file: &'a File, into: &mut Vec<Raw<'a>>) {
    let raw = |bytes: &'a [u8], line, damaged| Raw {
        place: Place { location: file.location.clone(), line },
        format: Format::Json,
        bytes,
        damaged,
    };
    let bytes = file.bytes.as_slice();
    let text = std::str::from_utf8(bytes).ok().filter(|t| t.trim_start().starts_with('['));
    let Some(text) = text else { return into.push(raw(bytes, 1, None)) };
    match serde_json::from_str::<Vec<&RawValue>>(text) {
        Ok(items) => {
            let (mut line, mut counted) = (1, 0);
            for item in items {
                let start = item.get().as_ptr().addr() - text.as_ptr().addr();
                line += count_lines(&bytes[counted..start]);
                counted = start;
                into.push(raw(item.get().as_bytes(), line, None));
            }
        }
        Err(e) => {
            let why = e.to_string();
            let why = why.rsplit_once(" at line ").map_or(why.as_str(), |(w, _)| w);
            into.push(raw(b"", 1, Some(unreadable(why, e.line(), e.column()))));
        }
    }
}

fn count_lines(bytes: &[u8]) -> usize {
    bytes.split(|b| *b == b'\n').count() - 1
}
