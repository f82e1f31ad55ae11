//! Typed keys. A `TeamId` cannot be passed where a `PersonId` is meant; all are `UUIDv7`.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// A new key, later than all keys made before it on this machine.
            #[expect(clippy::new_without_default, reason = "a default key would be a new one each time")]
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> std::result::Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// Key of a person.
    PersonId,
    /// Key of a team.
    TeamId,
    /// Key of one stay of a person in a team.
    MembershipId,
    /// Key of an account at an identity provider.
    IdentityLinkId,
    /// Key of a browser session.
    SessionId,
    /// Key of a personal API token.
    TokenId,
    /// Key of a one-time link.
    SignInLinkId,
    /// Key of a catalog entity.
    EntityId,
    /// Key of a source of descriptors.
    SourceId,
    /// Key of one span of ownership.
    OwnershipId,
    /// Key of a production change.
    ChangeId,
    /// Key of a deployment webhook.
    ChangeHookId,
    /// Key of a schedule.
    ScheduleId,
    /// Key of a layer of a schedule.
    LayerId,
    /// Key of a version of a layer's rotation.
    RotationId,
    /// Key of an override.
    CoverId,
    /// Key of a swap that is offered or asked for.
    SwapId,
    /// Key of a calendar of holidays.
    HolidayCalendarId,
    /// Key of a secret address of a calendar feed.
    CalendarFeedId,
    /// Key of a shift.
    ShiftId,
    /// Key of an escalation policy.
    PolicyId,
    /// Key of an integration that alerts come in by.
    AlertIntegrationId,
    /// Key of a group of alerts.
    AlertGroupId,
    /// Key of an alert, from when it fires until it does not.
    AlertId,
    /// Key of a page: what woke somebody.
    PageId,
    /// Key of what happened to a page.
    PageEventId,
    /// Key of a maintenance window.
    MaintenanceId,
    /// Key of a note at the change of a shift.
    HandOverId,
    /// Key of an activity row.
    ActivityId,
    /// Key of a usage event.
    UsageEventId,
    /// Key of a job of the queue.
    JobId,
    /// Key of a notice.
    NoticeId,
    /// Key of a webhook that a team is told through.
    WebhookEndpointId,
    /// Key of an incident.
    IncidentId,
    /// Key of what somebody wrote or decided in an incident.
    IncidentEntryId,
    /// Key of somebody's role in an incident.
    IncidentRoleId,
    /// Key of something that somebody promised to do.
    ActionId,
    /// Key of a way in which a thing is known to fail.
    FailureModeId,
    /// Key of a frozen operational review.
    OperationalReviewId,
    /// Key of a request for help.
    SupportRequestId,
    /// Key of an event in the thread of a request for help.
    SupportEventId,
    /// Key of an offering.
    OfferingId,
    /// Key of a provisioning request.
    ProvisioningRequestId,
    /// Key of an approval that is needed.
    ApprovalId,
    /// Key of a step of a run: the idempotency key of what it does outside.
    StepId,
    /// Key of a provisioned resource.
    ResourceId,
    /// Key of a waiver of a guardrail.
    WaiverId,
    /// Key of a plan of cycles of wins and challenges.
    WinsPlanId,
    /// Key of a cycle.
    CycleId,
    /// Key of what a team hands up in a cycle.
    UpdateId,
    /// Key of a win or a challenge.
    WinsEntryId,
    /// Key of a publication.
    PublicationId,
    /// Key of a list of readers.
    AudienceListId,
    /// Key of somebody on such a list.
    ListMemberId,
    /// Key of a secret address of a feed of publications.
    WinsFeedId,
}
