//! The figures as tables, and what they say about the aims.

use std::fmt::Write as _;

use crate::{
    alerts::Intake,
    load::Cell,
    measure::{AtRest, Compared},
    schedules::Made,
    site::Site,
    workload::Operation,
};

/// Largest factor by which ten times the catalog may cost more.
const SCALE_AIM: f64 = 1.5;
/// Memory of the server after the load, in MB.
const MEMORY_AIM: f64 = 120.0;
/// Processor time of the idle portal, in percent of a core.
const IDLE_AIM: f64 = 1.0;
/// The largest catalog is taken in within this many seconds.
const APPLY_AIM: f64 = 10.0;

/// One row of the big table.
#[derive(Debug)]
pub(crate) struct Row {
    /// Index of the operation.
    pub(crate) operation: usize,
    /// Connections.
    pub(crate) connections: usize,
    /// On the large catalog.
    pub(crate) large: Compared,
    /// On the small one; measured at the number of connections that the aims speak of.
    pub(crate) small: Option<Compared>,
}

/// All that was measured.
#[derive(Debug)]
pub(crate) struct Report<'s> {
    /// The large catalog's site.
    pub(crate) large: &'s Site,
    /// The small one's.
    pub(crate) small: &'s Site,
    /// The rows, in order.
    pub(crate) rows: Vec<Row>,
    /// Large and small at rest.
    pub(crate) at_rest: [AtRest; 2],
    /// Alerts taken in and schedules read, large and small.
    pub(crate) told: Vec<(Intake, Made)>,
    /// The machine, in words.
    pub(crate) machine: String,
}

/// One aim and whether it was met.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Aim {
    what: String,
    wanted: String,
    found: String,
    met: bool,
}

impl Report<'_> {
    /// As Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut out = format!("Measured on {}.\n", self.machine);
        self.rates(&mut out);
        self.costs(&mut out);
        self.scale(&mut out);
        self.whole(&mut out);
        out.push_str("\n### Aims\n\n| aim | wanted | found | |\n|---|---|---|---|\n");
        for Aim { what, wanted, found, met } in self.aims() {
            let _ =
                writeln!(out, "| {what} | {wanted} | {found} | {} |", if met { "met" } else { "**missed**" });
        }
        out
    }

    fn operation(&self, row: &Row) -> &Operation {
        &self.large.operations[row.operation]
    }

    /// Rows at the number of connections that the aims speak of.
    fn aimed(&self) -> impl Iterator<Item = (&Operation, &Row, &Compared)> {
        self.rows.iter().filter_map(|row| Some((self.operation(row), row, row.small.as_ref()?)))
    }

    fn rates(&self, out: &mut String) {
        let _ = write!(out, "\n### Requests, {} entities\n\n", thousands(self.large.entities));
        out.push_str("| operation | connections | requests/s | p50 ms | p99 ms | bare handler/s | of bare | Postgres alone/s | of Postgres |\n");
        out.push_str("|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        for row in &self.rows {
            let Compared { server, bare, statements } = row.large;
            let _ = writeln!(
                out,
                "| {} | {} | {} | {:.2} | {:.2} | {} | {:.0}% | {} | {:.0}% |",
                self.operation(row).name,
                row.connections,
                rate(server.rate),
                server.p50,
                server.p99,
                rate(bare.rate),
                row.large.of_bare(),
                rate(statements.rate),
                row.large.of_statements(),
            );
        }
    }

    fn costs(&self, out: &mut String) {
        let _ = write!(
            out,
            "\n### Processor time of one request, {} entities\n\n",
            thousands(self.large.entities)
        );
        out.push_str("In milliseconds, at 8 connections. *Postgres* is spent on behalf of the server; *driver* is what asking costs.\n\n");
        out.push_str("| operation | server | Postgres | driver | bare handler | its Postgres | statements | bytes of an answer |\n");
        out.push_str("|---|--:|--:|--:|--:|--:|--:|--:|\n");
        for (operation, row, _) in self.aimed() {
            let Compared { server, bare, .. } = row.large;
            let statements: f64 = {
                let scripts = &self.large.scripts[row.operation];
                average(scripts.iter().map(Vec::len))
            };
            let _ = writeln!(
                out,
                "| {} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {statements:.1} | {:.0} |",
                operation.name,
                server.cpu,
                server.cpu_postgres,
                server.cpu_driver,
                bare.cpu,
                bare.cpu_postgres,
                server.bytes
            );
        }
    }

    fn scale(&self, out: &mut String) {
        let (small, large) = (thousands(self.small.entities), thousands(self.large.entities));
        let _ = write!(out, "\n### Ten times the catalog, 8 connections\n\n");
        let _ = writeln!(
            out,
            "| operation | {small} entities/s | {large} entities/s | cost | for scale: elsewhere, {large} entities/s |"
        );
        out.push_str("|---|--:|--:|--:|--:|\n");
        for (operation, row, small) in self.aimed() {
            let (small, large) = (small.server.rate, row.large.server.rate);
            let cost = small / large;
            let _ = writeln!(
                out,
                "| {} | {} | {} | {cost:.2}× | {} |",
                operation.name,
                rate(small),
                rate(large),
                operation.elsewhere
            );
        }
    }

    fn whole(&self, out: &mut String) {
        let _ = write!(out, "\n### The whole\n\n");
        let sites = [(self.small, &self.at_rest[1]), (self.large, &self.at_rest[0])];
        let [(small, small_rest), (large, large_rest)] = sites;
        let _ = writeln!(
            out,
            "| | {} entities | {} entities | for scale: elsewhere |",
            thousands(small.entities),
            thousands(large.entities)
        );
        out.push_str("|---|--:|--:|--:|\n");
        let mut line = |what: &str, small: String, large: String, elsewhere: &str| {
            let _ = writeln!(out, "| {what} | {small} | {large} | {elsewhere} |");
        };
        let speed =
            |site: &Site| format!("{:.0} entities/s", precise(site.entities) / site.applied.as_secs_f64());
        line("taking the catalog in", speed(small), speed(large), "121 entities/s");
        let seconds = |site: &Site| format!("{:.1} s", site.applied.as_secs_f64());
        line("… which takes", seconds(small), seconds(large), "216 s");
        let each = |made: Made| {
            let each = 1000.0 * made.took.as_secs_f64() / precise(made.schedules);
            format!("{} in {:.1} s, {each:.1} ms each", thousands(made.schedules), made.took.as_secs_f64())
        };
        line(
            "making schedules with 26 weeks of shifts, one connection",
            each(small.schedules),
            each(large.schedules),
            "—",
        );
        if let [(large_alerts, large_read), (small_alerts, small_read)] = self.told[..] {
            line("reading their 26 weeks, 8 connections", each(small_read), each(large_read), "—");
            let taken = |cell: Cell| format!("{}/s, p99 {:.1} ms", rate(cell.rate), cell.p99);
            line(
                "new alerts taken in, each with its page, 8 connections",
                taken(small_alerts.new),
                taken(large_alerts.new),
                "—",
            );
            line("alerts told again", taken(small_alerts.again), taken(large_alerts.again), "—");
        }
        line("database", mb(small.database), mb(large.database), "746 MB");
        line("server memory after the load", mb(small_rest.memory), mb(large_rest.memory), "700 MB");
        line("… at its most", mb(small_rest.peak), mb(large_rest.peak), "");
        line(
            "Postgres memory, shared pages once",
            mb(small_rest.memory_postgres),
            mb(large_rest.memory_postgres),
            "",
        );
        let percent = |share: f64| format!("{share:.2}% of a core");
        line("server at rest", percent(small_rest.idle), percent(large_rest.idle), "a third of a core");
        line("Postgres at rest", percent(small_rest.idle_postgres), percent(large_rest.idle_postgres), "");
    }

    /// All aims.
    pub(crate) fn aims(&self) -> Vec<Aim> {
        let mut aims = Vec::new();
        for (operation, row, small) in self.aimed() {
            let of_bare = row.large.of_bare();
            aims.push(Aim::at_least(
                format!("{}: share of the bare handler", operation.name),
                operation.aim,
                of_bare,
                "%",
            ));
            if operation.scales {
                let cost = small.server.rate / row.large.server.rate;
                aims.push(Aim::at_most(
                    format!("{}: cost of ten times the catalog", operation.name),
                    SCALE_AIM,
                    cost,
                    "×",
                ));
            }
        }
        let [large, _] = self.at_rest;
        aims.push(Aim::at_most(
            "server memory after the load".into(),
            MEMORY_AIM,
            megabytes(large.memory),
            " MB",
        ));
        let idle = large.idle + large.idle_postgres;
        aims.push(Aim::at_most(
            "processor time at rest, with Postgres".into(),
            IDLE_AIM,
            idle,
            "% of a core",
        ));
        let seconds = self.large.applied.as_secs_f64();
        aims.push(Aim::at_most(
            format!("{} entities taken in", thousands(self.large.entities)),
            APPLY_AIM,
            seconds,
            " s",
        ));
        aims
    }
}

impl Aim {
    fn at_least(what: String, aim: f64, found: f64, unit: &str) -> Self {
        Self { what, wanted: format!("≥ {aim}{unit}"), found: figure(found, unit), met: found >= aim }
    }

    fn at_most(what: String, aim: f64, found: f64, unit: &str) -> Self {
        Self { what, wanted: format!("≤ {aim}{unit}"), found: figure(found, unit), met: found <= aim }
    }

    /// Whether it was met.
    pub(crate) fn met(&self) -> bool {
        self.met
    }
}

/// Two digits after the point where they matter.
fn figure(found: f64, unit: &str) -> String {
    if found < 10.0 { format!("{found:.2}{unit}") } else { format!("{found:.0}{unit}") }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate is a small positive number"
)]
fn rate(rate: f64) -> String {
    thousands(rate.round() as usize)
}

fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
fn precise(n: usize) -> f64 {
    n as f64
}

fn average(counts: impl ExactSizeIterator<Item = usize>) -> f64 {
    let n = counts.len().max(1);
    precise(counts.sum()) / precise(n)
}

#[expect(clippy::cast_precision_loss, reason = "sizes here are far below 2^52")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}

fn mb(bytes: u64) -> String {
    format!("{:.0} MB", megabytes(bytes))
}

/// The document with the figures between the markers of their kind replaced; none if it has no such markers.
pub(crate) fn place(document: &str, what: &str, figures: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {what}: written by make bench -->"), format!("<!-- end of {what} -->"));
    let (before, rest) = document.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n\n{figures}\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::{Aim, place, thousands};

    #[test]
    fn numbers_for_people() {
        assert_eq!(
            ["7", "999", "1,000", "26,121", "1,234,567"],
            [7, 999, 1000, 26_121, 1_234_567].map(thousands).each_ref().map(String::as_str)
        );
    }

    #[test]
    fn an_aim_is_met_at_its_very_bound() {
        assert!(Aim::at_least("x".into(), 80.0, 80.0, "%").met());
        assert!(!Aim::at_least("x".into(), 80.0, 79.9, "%").met());
        assert!(Aim::at_most("x".into(), 1.5, 1.5, "×").met());
        assert!(!Aim::at_most("x".into(), 1.5, 1.51, "×").met());
    }

    #[test]
    fn figures_replace_figures_and_nothing_else() {
        let document =
            "# Title\n<!-- figures: written by make bench -->\nold\n<!-- end of figures -->\nrest\n";
        let placed = place(document, "figures", "new").unwrap();
        assert_eq!(
            placed,
            "# Title\n<!-- figures: written by make bench -->\n\nnew\n<!-- end of figures -->\nrest\n"
        );
        assert_eq!(place(&placed, "figures", "new").unwrap(), placed);
        assert_eq!(place(document, "runs", "new"), None);
    }
}
