//! What processes use, read from `/proc`.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, Result};

/// Ticks of processor time a second: the kernel's `USER_HZ`, 100 on every Linux that Rust supports.
const TICKS: u64 = 100;

/// Processor time of a process with its threads, and with `children` also of all its children, living and reaped.
pub(crate) fn processor_time(pid: u32, children: bool) -> Result<Duration> {
    let own = stat(pid)?;
    let mut ticks = own.own;
    if children {
        ticks += own.reaped + all()?.filter(|p| p.parent == pid).map(|p| p.own + p.reaped).sum::<u64>();
    }
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}

/// Processor time of the calling thread's process.
pub(crate) fn own_processor_time() -> Result<Duration> {
    processor_time(std::process::id(), false)
}

/// Resident memory of a process in bytes.
pub(crate) fn resident(pid: u32) -> Result<u64> {
    status_field(pid, "VmRSS:")
}

/// The most resident memory a process ever had, in bytes.
pub(crate) fn peak_resident(pid: u32) -> Result<u64> {
    status_field(pid, "VmHWM:")
}

fn status_field(pid: u32, field: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("the process is gone")?;
    let line = status.lines().find_map(|l| l.strip_prefix(field)).context("no such figure in /proc")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1024)
}

/// Memory of a process with its children, shared pages counted once, in bytes.
pub(crate) fn proportional(pid: u32) -> Result<u64> {
    let mut sum = proportional_of(pid)?;
    for child in all()?.filter(|p| p.parent == pid) {
        sum += proportional_of(child.pid).unwrap_or_default();
    }
    Ok(sum)
}

fn proportional_of(pid: u32) -> Result<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = rollup.lines().find_map(|l| l.strip_prefix("Pss:")).context("no Pss in /proc")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1024)
}

struct Stat {
    pid: u32,
    parent: u32,
    own: u64,
    reaped: u64,
}

fn stat(pid: u32) -> Result<Stat> {
    let text =
        fs::read_to_string(format!("/proc/{pid}/stat")).with_context(|| format!("process {pid} is gone"))?;
    parse(&text).context("an unknown shape of /proc/…/stat")
}

/// The command's name stands in parentheses and may hold anything, so the fields are counted from the last one.
fn parse(text: &str) -> Option<Stat> {
    let (start, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |n: usize| fields.get(n).and_then(|f| f.parse::<u64>().ok());
    Some(Stat {
        pid: start.split_once(' ')?.0.parse().ok()?,
        parent: u32::try_from(number(1)?).ok()?,
        own: number(11)? + number(12)?,
        reaped: number(13)? + number(14)?,
    })
}

fn all() -> Result<impl Iterator<Item = Stat>> {
    let entries = fs::read_dir(Path::new("/proc"))?.flatten();
    let texts = entries
        .filter(|e| e.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit))
        .filter_map(|e| fs::read_to_string(e.path().join("stat")).ok());
    Ok(texts.filter_map(|text| parse(&text)))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    #[test]
    fn a_name_with_parentheses_and_spaces_is_read_past() {
        let line = "42 (post gres: (x) y) S 7 42 42 0 -1 4194560 100 0 0 0 150 50 20 10 20 0 1 0 100 1000 10";
        let stat = super::parse(line).unwrap();
        assert_eq!((stat.pid, stat.parent, stat.own, stat.reaped), (42, 7, 200, 30));
    }

    #[test]
    fn work_shows_as_processor_time() {
        let before = super::own_processor_time().unwrap();
        let started = Instant::now();
        let mut x = 1_u64;
        while super::own_processor_time().unwrap() < before + Duration::from_millis(50) {
            x = std::hint::black_box(x.wrapping_mul(3));
            assert!(started.elapsed() < Duration::from_secs(20));
        }
        assert!(super::resident(std::process::id()).unwrap() > 100_000);
        assert!(
            super::peak_resident(std::process::id()).unwrap() >= super::resident(std::process::id()).unwrap()
        );
    }
}
