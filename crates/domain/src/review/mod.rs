//! Operational reviews: what a team looks back on each week, and what an organisation looks at each month.
//!
//! A [`Review`] is gathered from the other capabilities when it is looked at ([`of_team`]), one statement for each of its
//! parts; nothing is filled in by hand. [`freeze`] keeps it whole under the team's next number, and from then on it stays as
//! it was. [`organisation`] tells of a month what stands out and nothing else; what stands out is a function of figures and
//! settings ([`outliers`]).
//!
//! Figures of load help a team and those it reports to, so only they see its reviews.

mod freeze;
mod gather;
mod month;
mod organisation;
mod outlier;
mod record;
mod store;

pub use freeze::{Frozen, Snapshot, freeze, snapshot, snapshots};
pub use gather::{MOST_SHOWN, last_week, of_team};
pub use month::Month;
pub use organisation::{Organisation, TeamOutliers, organisation};
pub use outlier::{Facts, Level, Outlier, Outlying, WeekFacts, outliers};
pub use record::{
    ActionLine, Bare, ChangeCounts, ChangeLine, Changes, Declared, IncidentLine, PageCounts, PageLine, Pages,
    Part, Review, ShiftNote, Slos, Someone, Support, SupportNote, SupportRow, TeamSeen, Thresholds,
};
