-- Pages: what woke somebody, why, who was told, what came of it.
--
-- Three layers. Alerts are what monitoring tells, at least once and in any order: they are kept per group and
-- fingerprint, so that a repeat is counted and changes nothing. A page is what people deal with: it gathers the alerts
-- of one group that belong to one service, goes through the steps of a plan, and ends. What happened to it is a list of
-- events that only grows.

-- What a team decides about being paged, besides its policies.
CREATE TABLE team_paging (
    team_id         uuid PRIMARY KEY REFERENCES team ON DELETE CASCADE,
    -- whose primary is this team's secondary
    related_team_id uuid CONSTRAINT team_paging_related_fkey REFERENCES team ON DELETE SET NULL,
    set_by          uuid REFERENCES person,
    set_at          timestamptz NOT NULL,
    CONSTRAINT team_paging_not_own CHECK (related_team_id <> team_id)
);

CREATE TABLE escalation_policy (
    id         uuid PRIMARY KEY,
    team_id    uuid NOT NULL CONSTRAINT escalation_policy_team_fkey REFERENCES team ON DELETE CASCADE,
    slug       text NOT NULL,
    name       text NOT NULL,
    repeats    integer NOT NULL CONSTRAINT escalation_policy_repeats CHECK (repeats BETWEEN 0 AND 9),
    -- the one for whatever the team owns that has none of its own
    is_default boolean NOT NULL DEFAULT false,
    version    bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    closed_at  timestamptz, -- pages that run keep their plan
    CONSTRAINT escalation_policy_slug_shape CHECK (slug ~ '^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$')
);
CREATE UNIQUE INDEX escalation_policy_slug_key ON escalation_policy (lower(slug));
CREATE UNIQUE INDEX escalation_policy_default_key ON escalation_policy (team_id) WHERE is_default AND closed_at IS NULL;
CREATE INDEX escalation_policy_team_idx ON escalation_policy (team_id);
CREATE INDEX escalation_policy_name_idx ON escalation_policy (lower(name), id);

-- A step tells a schedule, a person, or whoever is on call for a team: never a rotation, where an override would not count.
CREATE TABLE escalation_step (
    policy_id   uuid NOT NULL REFERENCES escalation_policy ON DELETE CASCADE,
    position    integer NOT NULL,
    schedule_id uuid CONSTRAINT escalation_step_schedule_fkey REFERENCES schedule,
    person_id   uuid CONSTRAINT escalation_step_person_fkey REFERENCES person,
    team_id     uuid CONSTRAINT escalation_step_team_fkey REFERENCES team,
    lead_of_id  uuid CONSTRAINT escalation_step_lead_of_fkey REFERENCES team,
    minutes     integer NOT NULL CONSTRAINT escalation_step_minutes CHECK (minutes BETWEEN 0 AND 1440),
    PRIMARY KEY (policy_id, position),
    CONSTRAINT escalation_step_one_target CHECK (num_nonnulls(schedule_id, person_id, team_id, lead_of_id) = 1)
);
-- whom steps name, for the day on which somebody leaves or a schedule closes
CREATE INDEX escalation_step_person_idx ON escalation_step (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX escalation_step_schedule_idx ON escalation_step (schedule_id) WHERE schedule_id IS NOT NULL;

-- A service with a policy of its own. It counts while the policy's team owns the service: after a hand-over the new
-- owner's default takes over by itself.
CREATE TABLE policy_assignment (
    entity_id   uuid PRIMARY KEY REFERENCES entity ON DELETE CASCADE,
    policy_id   uuid NOT NULL CONSTRAINT policy_assignment_policy_fkey REFERENCES escalation_policy ON DELETE CASCADE,
    assigned_by uuid REFERENCES person,
    assigned_at timestamptz NOT NULL
);
CREATE INDEX policy_assignment_policy_idx ON policy_assignment (policy_id);

-- Addresses that alerts come in by. The key in the address is the credential: only its hash is kept.
CREATE TABLE alert_integration (
    id            uuid PRIMARY KEY,
    team_id       uuid NOT NULL CONSTRAINT alert_integration_team_fkey REFERENCES team ON DELETE CASCADE,
    kind          text NOT NULL CONSTRAINT alert_integration_kind_known CHECK (kind IN ('alertmanager', 'generic', 'pagerduty')),
    name          text NOT NULL,
    key_hash      bytea NOT NULL CONSTRAINT alert_integration_key UNIQUE,
    -- which labels name the service, tried in order: [{"label":"service","kind":"component","namespace":"default"}, …]
    routes        jsonb NOT NULL,
    created_by    uuid NOT NULL REFERENCES person,
    created_at    timestamptz NOT NULL,
    revoked_at    timestamptz,
    last_used_at  timestamptz,
    deliveries    bigint NOT NULL DEFAULT 0,
    -- how many came in the minute that began then: the limit is shared by all replicas
    minute_at     timestamptz,
    minute_count  integer NOT NULL DEFAULT 0,
    last_refused_at timestamptz, -- the last body that could not be read, and why
    last_refusal    text
);
CREATE INDEX alert_integration_team_idx ON alert_integration (team_id, id);

CREATE TABLE alert_group (
    id             uuid PRIMARY KEY,
    integration_id uuid NOT NULL REFERENCES alert_integration ON DELETE CASCADE,
    -- SHA-256 of the sender's key, which may be longer than an index takes
    key_hash       bytea NOT NULL,
    key            text NOT NULL, -- its beginning, for people
    hides          boolean NOT NULL DEFAULT false, -- the last delivery was cut: nothing closes
    deliveries     bigint NOT NULL DEFAULT 0,
    first_at       timestamptz NOT NULL,
    last_at        timestamptz NOT NULL,
    CONSTRAINT alert_group_key UNIQUE (integration_id, key_hash)
);

-- Planned work: pages of the service are kept quiet, and stay visible.
CREATE TABLE maintenance_window (
    id         uuid PRIMARY KEY,
    entity_id  uuid NOT NULL REFERENCES entity ON DELETE CASCADE,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL, -- moved to the front when it is ended early
    reason     text NOT NULL,
    created_by uuid REFERENCES person,
    created_at timestamptz NOT NULL,
    ended_by   uuid REFERENCES person,
    ended_at   timestamptz, -- when somebody ended it early
    CONSTRAINT maintenance_window_order CHECK (ends_at >= starts_at)
);
CREATE INDEX maintenance_window_entity_idx ON maintenance_window (entity_id, ends_at);
CREATE INDEX maintenance_window_ends_idx ON maintenance_window (ends_at, id);

CREATE TABLE page (
    id            uuid PRIMARY KEY,
    number        bigint NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT page_number_key UNIQUE, -- to say on the telephone
    state         text NOT NULL CONSTRAINT page_state_known CHECK (state IN ('suppressed', 'open', 'acknowledged', 'resolved')),
    team_id       uuid NOT NULL CONSTRAINT page_team_fkey REFERENCES team,
    entity_id     uuid REFERENCES entity ON DELETE SET NULL,
    entity_ref    text, -- stays when the entity goes
    group_id      uuid REFERENCES alert_group ON DELETE SET NULL,
    raised_by     uuid REFERENCES person, -- who paged, if it was a person
    summary       text NOT NULL,
    impact        text NOT NULL DEFAULT '', -- what a person says it does to whom
    severity      text NOT NULL CONSTRAINT page_severity_known CHECK (severity IN ('unknown', 'info', 'warning', 'error', 'critical')),
    urgency       text NOT NULL CONSTRAINT page_urgency_known CHECK (urgency IN ('now', 'working-hours')),
    link          text,
    runbook       text,
    -- the steps as they were when it opened: an edit of the policy does not move a page that runs
    plan          jsonb NOT NULL,
    policy_id     uuid REFERENCES escalation_policy ON DELETE SET NULL, -- null: the team has none, the usual steps
    round         integer,     -- the step last told; null: none yet
    step          integer,
    told_at       timestamptz,
    told_nobody   boolean NOT NULL DEFAULT false, -- there was nobody to tell at that step
    held_until    timestamptz, -- no step before
    next_at       timestamptz, -- when the next step is due; null: none is
    exhausted_at  timestamptz, -- everybody was told as often as the plan says
    unmanned      boolean NOT NULL DEFAULT false, -- nobody was on call: said loudly
    assignee_id   uuid REFERENCES person, -- who is on it, or was asked to be
    suppressed_by uuid REFERENCES maintenance_window ON DELETE SET NULL,
    opened_at     timestamptz NOT NULL,
    acknowledged_at timestamptz, -- the first time
    acknowledged_by uuid REFERENCES person,
    resolved_at   timestamptz,
    resolved_by   uuid REFERENCES person, -- null: what raised it says so itself
    judgement     text CONSTRAINT page_judgement_known CHECK (judgement IN ('real-impact', 'no-impact', 'false-alarm', 'duplicate')),
    judged_by     uuid REFERENCES person,
    judged_at     timestamptz,
    CONSTRAINT page_resolved CHECK ((state = 'resolved') = (resolved_at IS NOT NULL)),
    CONSTRAINT page_judged CHECK ((judgement IS NULL) = (judged_at IS NULL)),
    CONSTRAINT page_progress CHECK (num_nulls(round, step, told_at) IN (0, 3))
);
-- the list in its order, of everything, of a team and of a service; and the few that are not over
CREATE INDEX page_opened_idx ON page (opened_at DESC, id DESC);
CREATE INDEX page_team_idx ON page (team_id, opened_at DESC, id DESC);
CREATE INDEX page_entity_idx ON page (entity_id, opened_at DESC, id DESC) WHERE entity_id IS NOT NULL;
CREATE INDEX page_live_idx ON page (opened_at DESC, id DESC) WHERE state <> 'resolved';
CREATE INDEX page_unjudged_idx ON page (team_id, opened_at DESC) WHERE state = 'resolved' AND judgement IS NULL;
CREATE INDEX page_group_idx ON page (group_id) WHERE state <> 'resolved';
CREATE INDEX page_suppressed_idx ON page (suppressed_by) WHERE state = 'suppressed';
CREATE INDEX page_raised_idx ON page (raised_by, opened_at) WHERE raised_by IS NOT NULL;

-- One row for each time an alert fires, until it does not.
CREATE TABLE alert (
    id          uuid PRIMARY KEY,
    group_id    uuid NOT NULL REFERENCES alert_group ON DELETE CASCADE,
    page_id     uuid NOT NULL REFERENCES page ON DELETE CASCADE,
    fingerprint text NOT NULL,
    summary     text NOT NULL,
    severity    text NOT NULL,
    labels      jsonb NOT NULL,
    link        text,
    runbook     text,
    started_at  timestamptz, -- as the sender says
    fired_at    timestamptz NOT NULL,
    told_at     timestamptz NOT NULL,
    times       bigint NOT NULL DEFAULT 1, -- how often it was told
    resolved_at timestamptz
);
CREATE UNIQUE INDEX alert_firing_key ON alert (group_id, fingerprint) WHERE resolved_at IS NULL;
CREATE INDEX alert_page_idx ON alert (page_id, fired_at);

-- What happened to a page, in order.
CREATE TABLE page_event (
    id        uuid PRIMARY KEY,
    page_id   uuid NOT NULL REFERENCES page ON DELETE CASCADE,
    at        timestamptz NOT NULL,
    kind      text NOT NULL CONSTRAINT page_event_kind_known CHECK (kind IN ('opened', 'suppressed', 'released', 'alerts', 'told', 'unmanned',
              'escalated', 'exhausted', 'acknowledged', 'reassigned', 'responder', 'note', 'resolved', 'judged')),
    actor_id  uuid REFERENCES person, -- who did it; null: Portolan, or what raised it
    person_id uuid REFERENCES person, -- whom it was done to: who was told, who was asked
    text      text NOT NULL DEFAULT '',
    -- told: {"round": 0, "step": 1, "notices": [keys]}; judged: {"judgement": …}
    detail    jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX page_event_page_idx ON page_event (page_id, id);
CREATE INDEX page_event_told_idx ON page_event (person_id, page_id) WHERE kind = 'told';

-- What the one who goes tells the one who comes, at the change of a shift.
CREATE TABLE hand_over (
    id           uuid PRIMARY KEY,
    schedule_id  uuid NOT NULL REFERENCES schedule ON DELETE CASCADE,
    at           timestamptz NOT NULL, -- the change
    since        timestamptz NOT NULL, -- when the shift of the one who goes began
    from_id      uuid NOT NULL REFERENCES person,
    body         text NOT NULL,
    version      bigint NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    published_at timestamptz,
    CONSTRAINT hand_over_once UNIQUE (schedule_id, at, from_id)
);
CREATE INDEX hand_over_from_idx ON hand_over (from_id, at DESC);
CREATE INDEX hand_over_schedule_idx ON hand_over (schedule_id, at DESC);

-- What tier 0 and 1 rest on is on call at every hour. Whether it is follows from the way its pages go: its own policy, else
-- its team's default, else whoever is on call for the team. In PL/pgSQL, because that keeps the plan.
CREATE FUNCTION is_paged_round_the_clock(entity uuid, team uuid) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    policy uuid := coalesce(
        (SELECT p.id FROM policy_assignment a JOIN escalation_policy p ON p.id = a.policy_id
         WHERE a.entity_id = $1 AND p.team_id = $2 AND p.closed_at IS NULL),
        (SELECT p.id FROM escalation_policy p WHERE p.team_id = $2 AND p.is_default AND p.closed_at IS NULL));
BEGIN
    RETURN EXISTS (
        SELECT FROM schedule s
        WHERE s.purpose = 'on-call' AND s.closed_at IS NULL AND s.coverage IS NULL
          AND CASE WHEN policy IS NULL THEN s.team_id = $2
                   ELSE EXISTS (SELECT FROM escalation_step t WHERE t.policy_id = policy AND (t.schedule_id = s.id OR t.team_id = s.team_id)) END);
END $$;

-- As before, with the kind 'no-24x7'.
CREATE OR REPLACE VIEW finding AS
SELECT e.id AS entity_id, e.ref, e.owner_team_id, 'no-owner' AS kind, 10 + coalesce(e.tier, 4) AS weight,
       coalesce(o.valid_from, e.created_at) AS since, '{}'::text[] AS detail
FROM entity e LEFT JOIN ownership o ON o.entity_id = e.id AND o.valid_until IS NULL
WHERE e.owner_ref IS NULL AND e.kind IN ('component', 'api', 'resource', 'system', 'domain')
UNION ALL
SELECT e.id, e.ref, e.owner_team_id, 'owner-unknown', 20 + coalesce(e.tier, 4),
       coalesce(o.valid_from, e.created_at), ARRAY[e.owner_ref]
FROM entity e LEFT JOIN ownership o ON o.entity_id = e.id AND o.valid_until IS NULL
WHERE e.owner_ref IS NOT NULL AND e.owner_team_id IS NULL AND e.owner_person_id IS NULL
UNION ALL
SELECT e.id, e.ref, e.owner_team_id, 'team-empty', 30 + coalesce(e.tier, 4),
       greatest(coalesce(o.valid_from, e.created_at), (SELECT max(m.valid_until) FROM membership m WHERE m.team_id = e.owner_team_id)),
       ARRAY[t.name]
FROM entity e JOIN team t ON t.id = e.owner_team_id
     LEFT JOIN ownership o ON o.entity_id = e.id AND o.valid_until IS NULL
WHERE NOT team_is_staffed(t.id)
UNION ALL
SELECT e.id, e.ref, e.owner_team_id, 'owner-inactive', 40 + coalesce(e.tier, 4), p.updated_at, ARRAY[p.name]
FROM entity e JOIN person p ON p.id = e.owner_person_id
WHERE NOT p.active
UNION ALL
SELECT e.id, e.ref, e.owner_team_id, 'no-24x7', 45 + e.tier, coalesce(o.valid_from, e.created_at), ARRAY[t.name]
FROM entity e JOIN team t ON t.id = e.owner_team_id
     LEFT JOIN ownership o ON o.entity_id = e.id AND o.valid_until IS NULL
WHERE e.kind = 'component' AND e.tier <= 1 AND team_is_staffed(t.id) AND NOT is_paged_round_the_clock(e.id, t.id)
UNION ALL
SELECT e.id, e.ref, e.owner_team_id, 'no-runbook', 50 + e.tier, e.created_at, '{}'
FROM entity e
WHERE e.kind = 'component' AND e.tier <= 1 AND e.runbook IS NULL
UNION ALL
SELECT e.id, e.ref, e.owner_team_id, 'orphaned', 60 + coalesce(e.tier, 4), e.orphaned_at, ARRAY[coalesce(s.name, '')]
FROM entity e LEFT JOIN source s ON s.id = e.source_id
WHERE e.orphaned_at IS NOT NULL
UNION ALL
SELECT e.id, e.ref, e.owner_team_id, 'dangling', 70 + coalesce(e.tier, 4), e.updated_at, array_agg(DISTINCT d.far)
FROM (SELECT r.declared_by, r.to_ref AS far FROM relation r WHERE NOT EXISTS (SELECT 1 FROM entity f WHERE f.ref = r.to_ref)
      UNION ALL
      SELECT r.declared_by, r.from_ref FROM relation r WHERE NOT EXISTS (SELECT 1 FROM entity f WHERE f.ref = r.from_ref)) d
     JOIN entity e ON e.id = d.declared_by
GROUP BY e.id, e.ref, e.owner_team_id, e.tier, e.updated_at
UNION ALL
SELECT e.id, e.ref, e.owner_team_id, 'descriptor-drift', 80 + coalesce(e.tier, 4), coalesce(o.valid_from, e.updated_at),
       ARRAY[e.owner_declared, s.name, coalesce(e.location, '')]
FROM entity e JOIN source s ON s.id = e.source_id
     LEFT JOIN ownership o ON o.entity_id = e.id AND o.valid_until IS NULL
WHERE e.owner_declared IS NOT NULL AND e.owner_declared IS DISTINCT FROM e.owner_ref
UNION ALL
-- whether this is asked at all, and after how long, is a setting: the reader filters by `since`
SELECT e.id, e.ref, e.owner_team_id, 'not-confirmed', 90 + coalesce(e.tier, 4),
       coalesce(e.owner_confirmed_at, o.valid_from, e.created_at), '{}'
FROM entity e LEFT JOIN ownership o ON o.entity_id = e.id AND o.valid_until IS NULL
WHERE e.owner_team_id IS NOT NULL AND e.kind IN ('component', 'api', 'resource', 'system', 'domain');
