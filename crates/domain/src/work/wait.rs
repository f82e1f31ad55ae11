//! How long to wait before another attempt.

use jiff::SignedDuration;

const FIRST: i64 = 5_000;
const LONGEST: i64 = 3_600_000;

/// Doubles with each attempt that failed, from 5 s to an hour; `dice` (0 to 255) moves it by up to a quarter either way.
pub(super) fn after(attempt: i32, dice: u8) -> SignedDuration {
    let doublings = attempt.clamp(1, 20) - 1;
    let wait = (FIRST << doublings).min(LONGEST);
    SignedDuration::from_millis(wait + wait * (i64::from(dice) - 128) / 512)
}

/// Chance. Without any the waits are only less spread.
pub(super) fn dice() -> u8 {
    let mut byte = [128];
    let _ = getrandom::fill(&mut byte);
    byte[0]
}

#[cfg(test)]
mod tests {
    use super::after;

    #[test]
    fn waits_grow_to_an_hour_and_stay_within_a_quarter() {
        let seconds: Vec<_> = (1..=12).map(|n| after(n, 128).as_secs()).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
        for attempt in [-1, 0, 1, 5, 40, i32::MAX] {
            let (low, mid, high) = (after(attempt, 0), after(attempt, 128), after(attempt, 255));
            assert!(low < mid && mid < high, "{attempt}");
            assert!(low.as_millis() * 4 == mid.as_millis() * 3 && high.as_millis() * 4 < mid.as_millis() * 5);
        }
    }
}
