//! What Portolan knows and the rules it keeps. No HTTP, no templates, no vendor.
//!
//! One folder per capability; its `mod.rs` is its only door and tells its story. Every operation takes a
//! [`Cx`] first: it carries the connection, the actor and the instant, and asks for permission itself.
//!
//! | slice | what it holds |
//! |---|---|
//! | [`people`] | persons, teams, dated memberships, sessions, tokens |
//! | [`catalog`] | entities, descriptors, relations, ownership, search |
//! | [`changes`] | what was deployed where, by whom, how it went |
//! | [`rota`] | who is on call, when, and who takes over |
//! | [`paging`] | alerts, pages, who is told and who next, hand-overs |
//! | [`notify`] | what to tell whom, and how it went |
//! | [`live`] | what open pages hear of at once |
//! | [`work`] | the durable queue that replicas share |
//! | [`levels`] | how soon a team helps, and who may have an engineer at once |
//! | [`incidents`] | what hurts, who runs it, what was learned, what is still to be done |
//! | [`load`] | whether on-call is bearable and fair, and which alert rules cost most |
//! | [`provisioning`] | what can be had without a ticket, who asked for it, what was made |
//! | [`support`] | what is asked of teams, who has it, by when a word is owed |
//! | [`review`] | what a team looks back on each week, and what stands out of a month |
//! | [`wins`] | wins and challenges: what teams write each cycle, what is chosen of it up the tree, what is published |
//! | [`activity`] | what happened in the portal, who did it, when |
//! | [`usage`] | which capability was used, by which team |
//! | [`settings`] | what an admin turns in the portal |

pub mod activity;
pub mod catalog;
pub mod changes;
mod check;
mod cx;
mod error;
mod id;
pub mod incidents;
pub mod levels;
pub mod live;
pub mod load;
pub mod notify;
mod page;
pub mod paging;
pub mod people;
mod portal;
pub mod provisioning;
pub mod review;
pub mod rota;
pub mod sealing;
mod secret;
pub mod settings;
pub mod support;
pub mod usage;
pub mod wins;
pub mod work;

pub use cx::{Actor, Call, Cx, Db, Scope, Via};
pub use error::{Error, Problem, Result};
pub use id::{
    ActionId, ActivityId, AlertGroupId, AlertId, AlertIntegrationId, ApprovalId, AudienceListId,
    CalendarFeedId, ChangeHookId, ChangeId, CoverId, CycleId, EntityId, FailureModeId, HandOverId,
    HolidayCalendarId, IdentityLinkId, IncidentEntryId, IncidentId, IncidentRoleId, JobId, LayerId,
    ListMemberId, MaintenanceId, MembershipId, NoticeId, OfferingId, OperationalReviewId, OwnershipId,
    PageEventId, PageId, PersonId, PolicyId, ProvisioningRequestId, PublicationId, ResourceId, RotationId,
    ScheduleId, SessionId, ShiftId, SignInLinkId, SourceId, StepId, SupportEventId, SupportRequestId, SwapId,
    TeamId, TokenId, UpdateId, UsageEventId, WaiverId, WebhookEndpointId, WinsEntryId, WinsFeedId,
    WinsPlanId,
};
pub use page::{Cursor, Few, Limit, Page};
pub use portal::{Clock, Portal};

/// The migrations of this binary, in order. Applied under an advisory lock, so replicas may start together.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");
