//! A feed, as text. The same data make the same bytes, so that a calendar that asks again can be told "nothing new".

use std::fmt::Write as _;

use jiff::Timestamp;

/// A calendar to subscribe to.
#[derive(Debug, Clone)]
pub struct Feed {
    /// What the subscriber sees it called.
    pub name: String,
    /// Its events, in the order in which they are to stand.
    pub events: Vec<Event>,
}

/// One shift in a feed. It has no field for a telephone number: feeds travel through strangers' servers.
#[derive(Debug, Clone)]
pub struct Event {
    /// Stays the same for the life of the shift, also when another person takes it.
    pub uid: String,
    /// Raised by every change.
    pub sequence: u32,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// First instant.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
    /// Its title.
    pub summary: String,
    /// What else there is to say.
    pub description: String,
    /// The page about it.
    pub url: Option<String>,
    /// Whether it is no longer a shift; told for a while, so that calendars take it out.
    pub cancelled: bool,
}

const LONGEST: usize = 75; // octets of a line, its end not counted
const REFRESH: &str = "PT1H";

/// The text of a feed (`text/calendar; charset=utf-8`).
pub fn write(feed: &Feed) -> String {
    let mut out = Lines::default();
    out.line("BEGIN", "VCALENDAR");
    out.line("VERSION", "2.0");
    out.line("PRODID", "-//Portolan//On call//EN");
    out.line("CALSCALE", "GREGORIAN");
    out.text("NAME", &feed.name);
    out.text("X-WR-CALNAME", &feed.name);
    out.line("REFRESH-INTERVAL;VALUE=DURATION", REFRESH);
    out.line("X-PUBLISHED-TTL", REFRESH);
    for event in &feed.events {
        out.event(event);
    }
    out.line("END", "VCALENDAR");
    out.0
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn event(&mut self, event: &Event) {
        self.line("BEGIN", "VEVENT");
        self.text("UID", &event.uid);
        self.time("DTSTAMP", event.changed_at);
        self.time("LAST-MODIFIED", event.changed_at);
        self.line("SEQUENCE", &event.sequence.to_string());
        self.time("DTSTART", event.start);
        self.time("DTEND", event.end);
        self.text("SUMMARY", &event.summary);
        if !event.description.is_empty() {
            self.text("DESCRIPTION", &event.description);
        }
        if let Some(url) = &event.url {
            self.line("URL", url);
        }
        self.line("TRANSP", "TRANSPARENT"); // being on call is no appointment
        self.line("STATUS", if event.cancelled { "CANCELLED" } else { "CONFIRMED" });
        self.line("END", "VEVENT");
    }

    fn time(&mut self, name: &str, at: Timestamp) {
        self.line(name, &at.strftime("%Y%m%dT%H%M%SZ").to_string());
    }

    /// A value of type TEXT.
    fn text(&mut self, name: &str, text: &str) {
        let mut escaped = String::with_capacity(text.len() + 8);
        for c in text.replace("\r\n", "\n").chars() {
            match c {
                '\\' | ';' | ',' => escaped.extend(['\\', c]),
                '\n' => escaped.push_str("\\n"),
                _ => escaped.push(c),
            }
        }
        self.line(name, &escaped);
    }

    /// A line, folded between characters. What would end it or is not allowed in it is left out.
    fn line(&mut self, name: &str, value: &str) {
        let mut octets = 0;
        let allowed = |c: &char| !c.is_control() || *c == '\t';
        for c in name.chars().chain([':']).chain(value.chars().filter(allowed)) {
            if octets + c.len_utf8() > LONGEST {
                self.0.push_str("\r\n ");
                octets = 1;
            }
            octets += c.len_utf8();
            let _ = self.0.write_char(c);
        }
        self.0.push_str("\r\n");
    }
}
