//! Times of the week in a text area, a line each: `mon-fri 09:00-17:00` or `fri 20:00 - mon 08:00`.

use portolan_domain::{
    Error, Result as Outcome,
    rota::{Window, day_of, windows_of, word_of},
};
use serde_json::{Value, json};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The windows of a text; none of an empty one.
pub(super) fn read(field: &str, text: &str) -> Outcome<Vec<Window>> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut written = Vec::with_capacity(lines.len());
    for (index, line) in lines.into_iter().enumerate() {
        written.push(of_line(line).ok_or_else(|| {
            let message = format!(
                "{line:?} cannot be read: write it like mon-fri 09:00-17:00 or fri 20:00 - mon 08:00"
            );
            Error::invalid(format!("{field}[{index}]"), message)
        })?);
    }
    windows_of(field, &Value::Array(written))
}

fn of_line(line: &str) -> Option<Value> {
    let line = line.to_lowercase().replace(['–', '—'], "-").replace(" to ", "-").replace(',', " ");
    let (before, after) = line.rsplit_once('-')?;
    let (before, after) = (before.trim(), after.trim());
    if let Some((to_day, to)) = after.split_once(' ') {
        let (from_day, from) = before.split_once(' ')?;
        return Some(
            json!({"from_day": from_day.trim(), "from": from.trim(), "to_day": to_day.trim(), "to": to.trim()}),
        );
    }
    let (days, from) = before.rsplit_once(' ')?;
    let mut named = Vec::new();
    for word in days.replace(" - ", "-").split_whitespace() {
        match word.split_once('-') {
            Some((first, last)) => named.extend(between(first, last)?),
            None => named.push(word.to_owned()),
        }
    }
    Some(json!({"days": named, "from": from, "to": after}))
}

/// The days from one to another, over the end of the week if need be.
fn between(first: &str, last: &str) -> Option<Vec<String>> {
    let place = |word: &str| DAYS.iter().position(|day| day_of(word).is_some_and(|d| word_of(d) == *day));
    let (first, last) = (place(first)?, place(last)?);
    let many = (last + 7 - first) % 7 + 1;
    Some((0..many).map(|n| DAYS[(first + n) % 7].to_owned()).collect())
}

/// Windows as lines of such a text. Those that differ in nothing but the day are one.
pub(super) fn written(windows: &[Window]) -> Vec<String> {
    let mut lines: Vec<(Vec<usize>, String)> = Vec::new();
    for window in windows {
        let (start, end) = (window.start, window.end);
        let place = |day| DAYS.iter().position(|d| *d == word_of(day)).unwrap_or_default();
        let (first, last) = (place(start.day), place(end.day));
        let (from, to) = (start.time.strftime("%H:%M"), end.time.strftime("%H:%M"));
        let within = first == last && end.time > start.time;
        let over_night = (first + 1) % 7 == last && end.time <= start.time;
        if !within && !over_night {
            lines.push((Vec::new(), format!("{} {from} - {} {to}", DAYS[first], DAYS[last])));
            continue;
        }
        let times = format!("{from}-{to}");
        match lines.iter_mut().find(|(days, known)| !days.is_empty() && *known == times) {
            Some((days, _)) => days.push(first),
            None => lines.push((vec![first], times)),
        }
    }
    lines.into_iter().map(|(days, times)| format!("{}{times}", of_days(days))).collect()
}

fn of_days(mut days: Vec<usize>) -> String {
    days.sort_unstable();
    days.dedup();
    let runs = days.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
        [] => String::new(),
        [one] => DAYS[*one].to_owned(),
        [one, two] => format!("{} {}", DAYS[*one], DAYS[*two]),
        [one, .., last] => format!("{}-{}", DAYS[*one], DAYS[*last]),
    });
    let days = runs.collect::<Vec<_>>().join(" ");
    if days.is_empty() { days } else { days + " " }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(text: &str) -> Vec<String> {
        written(&read("coverage", text).unwrap())
    }

    #[test]
    fn what_is_read_is_written_again() {
        for text in [
            "mon-fri 09:00-17:00",
            "mon wed fri-sun 22:00-06:00",
            "fri 20:00 - mon 08:00",
            "mon-sun 00:00-00:00",
            "mon 09:00 - mon 09:00",
        ] {
            assert_eq!(again(text), [text]);
        }
        assert_eq!(
            again("Mon – Fri 9:00 to 17:00\n\nSat, Sun 10:00-12:00"),
            ["mon-fri 09:00-17:00", "sat sun 10:00-12:00"]
        );
        assert_eq!(again("fri-mon 08:00-09:00"), ["mon fri-sun 08:00-09:00"]);
        assert!(read("coverage", " \n").unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_line() {
        for (text, field) in [
            ("mon-fri 09:00-17:00\nwhenever", "coverage[1]"),
            ("someday 09:00-17:00", "coverage[0].days"),
            ("mon 25:00-17:00", "coverage[0].from"),
            ("xyz-fri 09:00-17:00", "coverage[0]"),
        ] {
            let Err(Error::Invalid(problems)) = read("coverage", text) else { panic!("{text}") };
            assert_eq!(problems[0].field, field, "{text}");
        }
    }
}
