//! By what a role of ours is known: its comment, for people and for us. Roles cannot change comments of roles; the owner of
//! a database could change the database's, so that one says nothing to us.

use uuid::Uuid;

use crate::executors::JobFacts;

const BEGIN: &str = "Made by Portolan";
const SIZE: &str = " Agreed size:";
const KEY: &str = " [portolan:";

/// Who made something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// The request: actions on what it made find it by that.
    pub(super) maker: Uuid,
    /// The step.
    pub(super) key: Uuid,
}

/// The comment for what is made with this key.
pub(super) fn text(key: Uuid, job: &JobFacts, size: Option<u64>) -> String {
    let (size, maker) = (size.map_or_else(String::new, agreed), job.maker);
    format!(
        "{BEGIN} for request {} ({}, team {}).{size}{KEY}{maker}/{key}]",
        job.request, job.offering, job.team
    )
}

fn agreed(mb: u64) -> String {
    format!("{SIZE} {mb} MB, which Postgres does not enforce.")
}

/// Who made it, by a comment; none if it is not ours.
pub(super) fn read(comment: &str) -> Option<Mark> {
    if !comment.starts_with(BEGIN) {
        return None;
    }
    let (maker, key) = comment.rsplit_once(KEY)?.1.strip_suffix(']')?.split_once('/')?;
    Some(Mark { maker: maker.parse().ok()?, key: key.parse().ok()? })
}

/// The same comment with another agreed size.
pub(super) fn resized(comment: &str, size: u64) -> Option<String> {
    let Mark { maker, key } = read(comment)?;
    let about = comment.rsplit_once(KEY)?.0;
    let about = about.split_once(SIZE).map_or(about, |(about, _)| about);
    Some(format!("{about}{}{KEY}{maker}/{key}]", agreed(size)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_of_ours_is_known_again() {
        let (maker, mine) = (Uuid::now_v7(), Uuid::now_v7());
        let job = JobFacts { request: 7, team: "ba]sket".into(), maker, ..JobFacts::default() };
        let comment = text(mine, &job, Some(500));
        assert!(comment.contains("request 7") && comment.contains("500 MB"), "{comment}");
        assert_eq!(read(&comment), Some(Mark { maker, key: mine }));
        let resized = resized(&comment, 9).unwrap();
        assert_eq!(resized, comment.replace("500 MB", "9 MB"));
        for other in [
            "",
            "orders of the shop",
            &format!("see [portolan:{maker}/{mine}]"),
            "Made by Portolan [portolan:x]",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
