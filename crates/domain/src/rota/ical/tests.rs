//! The writer, read by a parser of others; the reader, with calendars as others write them; recurrences, compared with
//! an implementation of others.

use icalendar::Component;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use proptest::{collection::vec, option, prelude::*, sample::subsequence};

use super::{
    Busy, Event, Feed, holidays, read,
    read::{holidays_within, read_within},
    recurrence::{Rule, Work},
    write,
};

fn at(instant: &str) -> Timestamp {
    instant.parse().unwrap()
}

fn shift(summary: &str) -> Event {
    Event {
        uid: "0192:20261116T0800Z@portolan.example".into(),
        sequence: 3,
        changed_at: at("2026-11-10T12:00:01Z"),
        start: at("2026-11-16T08:00:00Z"),
        end: at("2026-11-23T08:00:00Z"),
        summary: summary.into(),
        description: String::new(),
        url: None,
        cancelled: false,
    }
}

fn feed(events: Vec<Event>) -> String {
    write(&Feed { name: "Basket; primary, on call".into(), events })
}

#[test]
fn a_feed_is_these_lines() {
    let text = feed(vec![Event {
        description: "instead of Tomás\nsee the runbook".into(),
        url: Some("https://portolan.example/oncall/basket?a=1,2;b".into()),
        cancelled: true,
        ..shift("Imke \\ Maya, on call; Basket")
    }]);
    assert_eq!(
        text.split("\r\n").collect::<Vec<_>>(),
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Portolan//On call//EN",
            "CALSCALE:GREGORIAN",
            "NAME:Basket\\; primary\\, on call",
            "X-WR-CALNAME:Basket\\; primary\\, on call",
            "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
            "X-PUBLISHED-TTL:PT1H",
            "BEGIN:VEVENT",
            "UID:0192:20261116T0800Z@portolan.example",
            "DTSTAMP:20261110T120001Z",
            "LAST-MODIFIED:20261110T120001Z",
            "SEQUENCE:3",
            "DTSTART:20261116T080000Z",
            "DTEND:20261123T080000Z",
            "SUMMARY:Imke \\\\ Maya\\, on call\\; Basket",
            "DESCRIPTION:instead of Tomás\\nsee the runbook",
            "URL:https://portolan.example/oncall/basket?a=1,2;b",
            "TRANSP:TRANSPARENT",
            "STATUS:CANCELLED",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
    );
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "every line ends with both");
}

#[test]
fn what_could_end_a_line_does_not_leave_the_value() {
    let text = feed(vec![Event {
        url: Some("https://x.example/\r\nATTENDEE:mailto:eve@x.example".into()),
        ..shift("one\r\nATTENDEE:two\u{7}\rthree")
    }]);
    assert!(text.contains("SUMMARY:one\\nATTENDEE:twothree\r\n"), "{text}");
    assert!(!text.contains("\r\nATTENDEE"));
}

proptest! {
    #[test]
    fn another_parser_reads_what_was_written(
        summary in "[^\\p{Cc}]{0,120}", description in "([^\\p{Cc}]|\n){0,200}", sequence in any::<u32>(),
    ) {
        let event = Event { description: description.clone(), sequence, ..shift(&summary) };
        let text = feed(vec![event, Event { uid: "2".into(), ..shift("second") }]);
        for line in text.split("\r\n") {
            prop_assert!(line.len() <= 75, "{} octets: {line}", line.len());
        }
        let calendar: icalendar::Calendar = icalendar::parser::unfold(&text).parse().unwrap();
        prop_assert_eq!(calendar.get_name(), Some("Basket\\; primary\\, on call"), "as it stands in the text");
        let events: Vec<_> = calendar.components.iter().filter_map(|c| c.as_event()).collect();
        prop_assert_eq!(events.len(), 2);
        let unescaped = |text: Option<&str>| text.unwrap_or_default().to_owned();
        prop_assert_eq!(unescaped(events[0].get_summary()), summary);
        prop_assert_eq!(unescaped(events[0].get_description()), description);
        prop_assert_eq!(events[0].get_sequence(), Some(sequence));
        prop_assert_eq!(events[0].get_uid(), Some("0192:20261116T0800Z@portolan.example"));
        prop_assert_eq!(events[0].property_value("DTEND"), Some("20261123T080000Z"));
    }

    #[test]
    fn what_was_written_is_read_again(summary in "[a-z,;\\\\é…😀 ]{1,150}") {
        let text = feed(vec![shift(&summary)]).replace("TRANSPARENT", "OPAQUE");
        let calendar = read(&text, &TimeZone::UTC, at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z")).unwrap();
        prop_assert_eq!(&calendar.found[0].summary, &summary);
        prop_assert_eq!(calendar.found[0].start, at("2026-11-16T08:00:00Z"));
    }

    #[test]
    fn anything_is_read_or_refused(text in "(BEGIN|END|:|;|=|VCALENDAR|VEVENT|DTSTART|RRULE|FREQ|DAILY|[0-9]|\r\n| |\"|é){0,30}") {
        let text = format!("BEGIN:VCALENDAR\r\n{text}");
        let _ = read(&text, &TimeZone::UTC, at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z"));
        let _ = holidays(&text, "2026-01-01".parse().unwrap(), "2026-12-31".parse().unwrap());
    }

    #[test]
    fn recurrences_are_those_of_another_implementation(
        rule in any_rule(), day in 0..1000_i64,
    ) {
        let start: Date = "2024-01-01".parse::<Date>().unwrap() + jiff::Span::new().days(day);
        let last: Date = "2031-01-01".parse().unwrap();
        let ours: Vec<_> = days_of(&rule, start, start, last);
        let late: Date = "2027-03-10".parse().unwrap();
        let from_late = days_of(&rule, start, late, last);
        prop_assert!(ours.ends_with(&from_late) && from_late.len() == ours.iter().filter(|day| day.as_str() >= "20270310").count());
        let text = format!("DTSTART:{}T120000Z\nRRULE:{rule}", start.strftime("%Y%m%d"));
        let set: rrule::RRuleSet = text.parse().unwrap();
        let before = rrule::Tz::UTC;
        let end = chrono::TimeZone::with_ymd_and_hms(&before, 2031, 1, 1, 23, 0, 0).unwrap();
        let mut theirs: Vec<_> = set.before(end).all(u16::MAX).dates.iter().map(|d| d.format("%Y%m%d").to_string()).collect();
        let first = start.strftime("%Y%m%d").to_string();
        if theirs.first() != Some(&first) {
            // of a start that its own rule does not have, the RFC does not say how it counts
            prop_assume!(!rule.contains("COUNT"));
            theirs.insert(0, first);
        }
        prop_assert_eq!(ours, theirs, "{}", text);
    }
}

fn days_of(rule: &str, start: Date, from: Date, last: Date) -> Vec<String> {
    let days = Rule::parse(rule).unwrap().days(start, from, last, &mut Work::default()).unwrap();
    days.iter().map(|d| d.strftime("%Y%m%d").to_string()).collect()
}

fn any_rule() -> impl Strategy<Value = String> {
    let days = vec!["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    let some_days = subsequence(days.clone(), 0..4).prop_map(|days| days.join(","));
    let numbered = vec((prop_oneof![1..5_i8, -4..0_i8], 0..7_usize), 1..3).prop_map(move |list| {
        list.iter().map(|(n, d)| format!("{n}{}", days[*d])).collect::<Vec<_>>().join(",")
    });
    let in_month = vec(prop_oneof![1..29_i8, -3..0_i8], 0..3)
        .prop_map(|days| days.iter().map(i8::to_string).collect::<Vec<_>>().join(","));
    let months = subsequence((1..=12_i8).collect::<Vec<_>>(), 0..4)
        .prop_map(|months| months.iter().map(i8::to_string).collect::<Vec<_>>().join(","));
    let end = prop_oneof![
        Just(String::new()),
        (1..40_u32).prop_map(|n| format!(";COUNT={n}")),
        Just(";UNTIL=20280229T120000Z".to_owned()),
    ];
    let part = |name: &'static str, value: String| {
        if value.is_empty() { String::new() } else { format!(";{name}={value}") }
    };
    let body = prop_oneof![
        (some_days.clone(), in_month.clone(), months.clone()).prop_map(move |(days, in_month, months)| {
            format!(
                "FREQ=DAILY{}{}{}",
                part("BYDAY", days),
                part("BYMONTHDAY", in_month),
                part("BYMONTH", months)
            )
        }),
        (some_days, option::of(Just(";WKST=SU"))).prop_map(move |(days, start)| format!(
            "FREQ=WEEKLY{}{}",
            part("BYDAY", days),
            start.unwrap_or_default()
        )),
        (numbered.clone(), in_month.clone(), any::<bool>()).prop_map(move |(days, in_month, by_day)| {
            let part = if by_day { part("BYDAY", days) } else { part("BYMONTHDAY", in_month) };
            format!("FREQ=MONTHLY{part}")
        }),
        (numbered, months.clone()).prop_map(move |(days, months)| format!(
            "FREQ=YEARLY{}{}",
            part("BYMONTH", months),
            part("BYDAY", days)
        )),
        months.prop_map(move |months| format!("FREQ=YEARLY{}", part("BYMONTH", months))),
    ];
    (body, 1..4_u32, end).prop_map(|(body, interval, end)| format!("{body};INTERVAL={interval}{end}"))
}

const OUTLOOK: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Maya\r\nBEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\n\
BEGIN:STANDARD\r\nDTSTART:16011028T030000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n\
BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Lisbon\\, at\r\n  last\r\nDTSTART;VALUE=DATE:20261120\r\nDTEND;VALUE=DATE:20261123\r\n\
BEGIN:VALARM\r\nSUMMARY:wake up\r\nDTSTART:19700101T000000\r\nEND:VALARM\r\nEND:VEVENT\r\n\
BEGIN:VEVENT\r\nUID:2\r\nSUMMARY:Dentist\r\nDTSTART;TZID=\"W. Europe Standard Time\":20261118T090000\r\nDURATION:PT45M\r\n\
X-MICROSOFT-CDO-BUSYSTATUS:OOF\r\nEND:VEVENT\r\n\
BEGIN:VEVENT\r\nUID:3\r\nSUMMARY:Lunch\r\nTRANSP:TRANSPARENT\r\nDTSTART:20261118T110000Z\r\nDTEND:20261118T120000Z\r\nEND:VEVENT\r\n\
BEGIN:VEVENT\r\nUID:4\r\nSUMMARY:Was off\r\nSTATUS:CANCELLED\r\nDTSTART:20261118T110000Z\r\nEND:VEVENT\r\n\
BEGIN:VEVENT\r\nUID:5\r\nSUMMARY:Course\r\nDTSTART:20261102T150000\r\nDTEND:20261102T170000\r\n\
RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=5\r\nEXDATE:20261109T150000\r\nEND:VEVENT\r\n\
BEGIN:VEVENT\r\nUID:5\r\nRECURRENCE-ID:20261116T150000\r\nSUMMARY:Course, moved\r\nDTSTART:20261117T080000Z\r\nDTEND:20261117T090000Z\r\nEND:VEVENT\r\n\
BEGIN:VEVENT\r\nUID:6\r\nSUMMARY:Every second\r\nDTSTART:20261101T000000Z\r\nRRULE:FREQ=SECONDLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

#[test]
fn a_persons_calendar_says_when_they_are_away() {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let calendar = read(OUTLOOK, &berlin, at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z")).unwrap();
    let told: Vec<_> = calendar
        .found
        .iter()
        .map(|Busy { start, end, summary, away }| {
            format!("{start} {end} {summary}{}", if *away { " (away)" } else { "" })
        })
        .collect();
    assert_eq!(
        told,
        [
            "2026-11-02T14:00:00Z 2026-11-02T16:00:00Z Course",
            "2026-11-17T08:00:00Z 2026-11-17T09:00:00Z Course, moved",
            "2026-11-18T08:00:00Z 2026-11-18T08:45:00Z Dentist (away)",
            "2026-11-19T23:00:00Z 2026-11-22T23:00:00Z Lisbon, at last (away)",
            "2026-11-23T14:00:00Z 2026-11-23T16:00:00Z Course",
            "2026-11-30T14:00:00Z 2026-11-30T16:00:00Z Course",
        ]
    );
    assert_eq!(calendar.left_out, ["Every second"], "what cannot be read is said");
    assert_eq!(calendar.name.as_deref(), Some("Maya"));
}

#[test]
fn a_calendar_of_holidays_names_days() {
    let text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Thanksgiving\nDTSTART;VALUE=DATE:20201126\nTRANSP:TRANSPARENT\n\
                RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:Christmas\nDTSTART;VALUE=DATE:20261225\n\
                DTEND;VALUE=DATE:20261227\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:Party\nDTSTART:20261218T180000Z\nEND:VEVENT\nEND:VCALENDAR";
    let calendar = holidays(text, "2026-01-01".parse().unwrap(), "2027-12-31".parse().unwrap()).unwrap();
    let days: Vec<_> = calendar.found.iter().map(|(day, name)| format!("{day} {name}")).collect();
    assert_eq!(
        days,
        [
            "2026-11-26 Thanksgiving",
            "2026-12-25 Christmas",
            "2026-12-26 Christmas",
            "2027-11-25 Thanksgiving"
        ]
    );
}

#[test]
fn what_is_no_calendar_or_too_much_of_one_is_refused() {
    let range = ("2026-01-01".parse().unwrap(), "2027-12-31".parse().unwrap());
    assert!(holidays("<html>sign in first</html>", range.0, range.1).is_err());
    let long = format!("BEGIN:VCALENDAR\n{}", "X".repeat(super::MOST_BYTES));
    assert!(holidays(&long, range.0, range.1).is_err());
    let every_day = "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nRRULE:FREQ=DAILY\nEND:VEVENT\n".repeat(30);
    assert!(holidays(&format!("BEGIN:VCALENDAR\n{every_day}"), range.0, range.1).is_err());
}

/// A calendar of this many events of one day each, all the same.
fn repeating(many: usize, start: &str, rule: &str) -> String {
    let event = format!("BEGIN:VEVENT\nDTSTART;VALUE=DATE:{start}\nRRULE:{rule}\nEND:VEVENT\n");
    format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", event.repeat(many))
}

#[test]
fn a_calendar_that_asks_for_endless_work_is_refused_before_it_is_done() {
    let range: (Date, Date) = ("2026-01-01".parse().unwrap(), "2031-12-31".parse().unwrap());
    let instants = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    // no day is ever the 31st of February: nothing is found, and every day is asked
    for rule in [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31;COUNT=9999",
        "FREQ=YEARLY;INTERVAL=1000;BYMONTH=2;BYMONTHDAY=31;COUNT=9",
    ] {
        let hostile = repeating(20_000, "19000101", rule);
        assert!(hostile.len() <= super::MOST_BYTES, "it is not refused for its size");
        let mut work = Work::default();
        let refused = holidays_within(&hostile, range.0, range.1, &mut work);
        assert!(matches!(&refused, Err(e) if e.to_string().contains("repeats more")), "{rule}: {refused:?}");
        assert_eq!(work.asked(), Work::MOST, "{rule}: what was done until then");
        let mut work = Work::default();
        let refused = read_within(&hostile, &TimeZone::UTC, instants.0, instants.1, &mut work);
        assert!(refused.is_err(), "{rule}");
        assert_eq!(work.asked(), Work::MOST, "{rule}: of a person's calendar likewise");
    }
    let list = ["1"; 65].join(",");
    let long =
        holidays(&repeating(1, "20260101", &format!("FREQ=DAILY;BYMONTHDAY={list}")), range.0, range.1);
    assert_eq!(long.unwrap().left_out.len(), 1, "a rule of very many parts is not read");
}

#[test]
fn what_repeats_since_long_ago_costs_only_the_time_that_is_looked_at() {
    let (from, to): (Date, Date) = ("2026-01-01".parse().unwrap(), "2026-12-31".parse().unwrap());
    let mut work = Work::default();
    let text = repeating(300, "16010101", "FREQ=YEARLY");
    let calendar = holidays_within(&text, from, to, &mut work).unwrap();
    assert_eq!(calendar.found, [("2026-01-01".parse().unwrap(), String::new())]);
    assert!(work.asked() <= 300 * (365 + 10), "{} days were asked", work.asked());
    let mut work = Work::default();
    let ended = repeating(300, "19700101", "FREQ=DAILY;UNTIL=20200101");
    assert!(holidays_within(&ended, from, to, &mut work).unwrap().found.is_empty());
    assert_eq!(work.asked(), 0, "what has ended is not looked at");
}

#[test]
fn what_began_before_and_lasts_into_the_time_is_found() {
    let text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Retreat\nDTSTART;VALUE=DATE:20240125\nDURATION:P12D\n\
                RRULE:FREQ=YEARLY\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:Leave\nDTSTART;VALUE=DATE:20230115\nDTEND;VALUE=DATE:20230220\n\
                RRULE:FREQ=YEARLY\nEND:VEVENT\nEND:VCALENDAR";
    let calendar =
        read(text, &TimeZone::UTC, at("2026-02-01T00:00:00Z"), at("2026-03-01T00:00:00Z")).unwrap();
    let begins: Vec<_> = calendar.found.iter().map(|b| format!("{} {}", b.start, b.summary)).collect();
    assert_eq!(begins, ["2026-01-15T00:00:00Z Leave", "2026-01-25T00:00:00Z Retreat"]);
    let days = holidays(text, "2026-02-04".parse().unwrap(), "2026-02-28".parse().unwrap()).unwrap().found;
    let last: Date = "2026-02-19".parse().unwrap();
    assert_eq!((days.len(), &days[days.len() - 1].0), (16, &last), "cut to the days asked for: {days:?}");
}
