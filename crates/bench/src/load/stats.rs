//! What a run of requests amounts to.

use std::time::Duration;

/// One cell of the table: one operation, one number of connections, one target.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Cell {
    /// Requests a second.
    pub(crate) rate: f64,
    /// Half of the requests were answered within this many milliseconds.
    pub(crate) p50: f64,
    /// All but one in a hundred were.
    pub(crate) p99: f64,
    /// Processor time of the answering process per request, in milliseconds.
    pub(crate) cpu: f64,
    /// Processor time of Postgres per request, in milliseconds.
    pub(crate) cpu_postgres: f64,
    /// Processor time of the driver per request, in milliseconds: it runs on the same machine.
    pub(crate) cpu_driver: f64,
    /// Bytes per answer.
    pub(crate) bytes: f64,
}

/// Processor time that three parties spent during a run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spent {
    /// The process that answers.
    pub(crate) server: Duration,
    /// Postgres with all its backends.
    pub(crate) postgres: Duration,
    /// The driver.
    pub(crate) driver: Duration,
}

/// A run before it is summed up.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// How long it lasted.
    pub(crate) elapsed: Duration,
    /// How long each request took.
    pub(crate) latencies: Vec<Duration>,
    /// Bytes received.
    pub(crate) bytes: usize,
}

impl Run {
    /// Sums it up.
    #[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^52")]
    pub(crate) fn cell(mut self, spent: Spent) -> Cell {
        self.latencies.sort_unstable();
        let n = self.latencies.len().max(1) as f64;
        Cell {
            rate: self.latencies.len() as f64 / self.elapsed.as_secs_f64(),
            p50: millis(percentile(&self.latencies, 50)),
            p99: millis(percentile(&self.latencies, 99)),
            cpu: millis(spent.server) / n,
            cpu_postgres: millis(spent.postgres) / n,
            cpu_driver: millis(spent.driver) / n,
            bytes: self.bytes as f64 / n,
        }
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The smallest value that `percent` of the sorted values do not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// The median of each figure over the rounds: a neighbour who compiles spoils one round, not the cell.
pub(crate) fn median(rounds: &[Cell]) -> Cell {
    let of = |figure: fn(&Cell) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(figure).collect();
        values.sort_unstable_by(f64::total_cmp);
        middle(&values)
    };
    Cell {
        rate: of(|c| c.rate),
        p50: of(|c| c.p50),
        p99: of(|c| c.p99),
        cpu: of(|c| c.cpu),
        cpu_postgres: of(|c| c.cpu_postgres),
        cpu_driver: of(|c| c.cpu_driver),
        bytes: of(|c| c.bytes),
    }
}

fn middle(sorted: &[f64]) -> f64 {
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Cell, Run, Spent, median, percentile};

    #[test]
    fn percentiles_of_a_hundred() {
        let sorted: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(percentile(&sorted, 50), Duration::from_millis(50));
        assert_eq!(percentile(&sorted, 99), Duration::from_millis(99));
        assert_eq!(percentile(&sorted[..1], 99), Duration::from_millis(1));
        assert_eq!(percentile(&[], 99), Duration::ZERO);
    }

    #[test]
    fn a_run_becomes_rates() {
        let run = Run {
            elapsed: Duration::from_secs(2),
            latencies: vec![
                Duration::from_millis(3),
                Duration::from_millis(1),
                Duration::from_millis(2),
                Duration::from_millis(4),
            ],
            bytes: 400,
        };
        let cell = run.cell(Spent { server: Duration::from_millis(8), ..Spent::default() });
        let figures = [cell.rate, cell.p50, cell.p99, cell.cpu, cell.bytes];
        for (figure, expected) in figures.into_iter().zip([2.0, 2.0, 4.0, 2.0, 100.0]) {
            assert!((figure - expected).abs() < 1e-9, "{cell:?}");
        }
    }

    #[test]
    fn one_bad_round_does_not_move_the_median() {
        let rates = [1000.0, 980.0, 40.0].map(|rate| Cell { rate, ..Cell::default() });
        assert!((median(&rates).rate - 980.0).abs() < 1e-9);
        assert!((median(&rates[..2]).rate - 990.0).abs() < 1e-9);
    }
}
