-- Self-service: what can be had without a ticket, who asked for it, what was done, and what exists since.

-- What can be had. What a document says is kept in its versions; the columns here are those of the newest, for lists.
CREATE TABLE offering (
    id          uuid PRIMARY KEY,
    name        text NOT NULL CONSTRAINT offering_name_key UNIQUE,
    title       text NOT NULL,
    description text NOT NULL DEFAULT '', -- Markdown
    team_id     uuid NOT NULL REFERENCES team, -- whose product it is
    stage       text NOT NULL CONSTRAINT offering_stage_known CHECK (stage IN ('alpha', 'beta', 'general', 'deprecated', 'sunset')),
    experience  text NOT NULL,
    version     integer NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);
CREATE INDEX offering_team_idx ON offering (team_id);

-- A version is never changed: what was made with it can be told and undone by it for as long as it exists. The definition
-- is text and not jsonb, because the order of its parameters is that of the form.
CREATE TABLE offering_version (
    offering_id uuid NOT NULL REFERENCES offering ON DELETE CASCADE,
    number      integer NOT NULL,
    source      text NOT NULL, -- as it was written
    definition  text NOT NULL, -- as it was read
    hash        bytea NOT NULL,
    written_by  uuid REFERENCES person,
    written_at  timestamptz NOT NULL,
    PRIMARY KEY (offering_id, number)
);

CREATE TABLE provisioning_request (
    id              uuid PRIMARY KEY,
    number          bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT provisioning_request_number_key UNIQUE, -- what people say
    offering_id     uuid NOT NULL,
    version         integer NOT NULL,
    action          text,          -- of what exists already; null: something new
    resource_id     uuid,          -- what the action is done to, or what came of it
    team_id         uuid NOT NULL REFERENCES team, -- for whom
    service_id      uuid REFERENCES entity ON DELETE SET NULL,
    environment     text NOT NULL DEFAULT '',
    cost_centre     text NOT NULL DEFAULT '',
    reason          text NOT NULL DEFAULT '',
    params          text NOT NULL, -- JSON in the order of the form, without what is secret
    secrets_sealed  bytea,         -- the rest
    facts           text NOT NULL DEFAULT '{}', -- what expressions could name when it began to run: a run sees one world
    state           text NOT NULL CONSTRAINT provisioning_request_state_known CHECK (state IN
                    ('draft', 'awaiting-approval', 'approved', 'refused', 'running', 'needs-attention', 'succeeded', 'failed', 'cancelled')),
    wish            text CONSTRAINT provisioning_request_wish_known CHECK (wish IN ('undo', 'cancel')), -- of what runs
    verdict         text NOT NULL DEFAULT '{}', -- what policy said last
    cost            double precision,           -- a month
    currency        text,
    fault           text CONSTRAINT provisioning_request_fault_known CHECK (fault IN ('input', 'platform', 'outside')),
    why             text NOT NULL DEFAULT '',
    next            text NOT NULL DEFAULT '',
    left_over       boolean NOT NULL DEFAULT false, -- something that was made could not be undone
    needed_human    boolean NOT NULL DEFAULT false, -- somebody had to agree, or to mend
    requested_by    uuid REFERENCES person,     -- null: Portolan itself, when a lease ended
    idempotency_key text,
    support_number  bigint,                     -- the support request that was opened from it
    satisfaction    smallint CONSTRAINT provisioning_request_satisfaction_range CHECK (satisfaction BETWEEN 1 AND 5),
    satisfaction_note text NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL,
    submitted_at    timestamptz,
    decided_at      timestamptz,
    started_at      timestamptz,
    ended_at        timestamptz,
    updated_at      timestamptz NOT NULL,
    CONSTRAINT provisioning_request_version_fkey FOREIGN KEY (offering_id, version) REFERENCES offering_version,
    CONSTRAINT provisioning_request_once UNIQUE (requested_by, idempotency_key),
    CONSTRAINT provisioning_request_ended CHECK ((ended_at IS NOT NULL) = (state IN ('refused', 'succeeded', 'failed', 'cancelled')))
);
-- lists of a team, of an offering and of a person are read from the newest on; figures of an offering from those that ended
CREATE INDEX provisioning_request_team_idx ON provisioning_request (team_id, number DESC);
CREATE INDEX provisioning_request_offering_idx ON provisioning_request (offering_id, number DESC);
CREATE INDEX provisioning_request_person_idx ON provisioning_request (requested_by, number DESC);
CREATE INDEX provisioning_request_resource_idx ON provisioning_request (resource_id, number DESC);
CREATE INDEX provisioning_request_open_idx ON provisioning_request (state, number) WHERE ended_at IS NULL;
CREATE INDEX provisioning_request_left_idx ON provisioning_request (offering_id) WHERE left_over;

-- Somebody's word that is needed, before it runs or at a step of it.
CREATE TABLE provisioning_approval (
    id           uuid PRIMARY KEY,
    request_id   uuid NOT NULL REFERENCES provisioning_request ON DELETE CASCADE,
    name         text NOT NULL,
    step         text NOT NULL DEFAULT '', -- the step that waits for it; empty: the whole request
    because      text NOT NULL,
    shown        text NOT NULL DEFAULT '', -- what to look at, as the plan of a step before
    need         text NOT NULL CONSTRAINT provisioning_approval_need_known CHECK (need IN ('any', 'all')),
    state        text NOT NULL CONSTRAINT provisioning_approval_state_known CHECK (state IN ('waiting', 'agreed', 'refused', 'lapsed', 'dropped')),
    asked_at     timestamptz NOT NULL,
    remind_at    timestamptz, -- null: they were reminded
    due_at       timestamptz NOT NULL,
    escalated_at timestamptz,
    settled_at   timestamptz,
    CONSTRAINT provisioning_approval_key UNIQUE (request_id, step, name)
);
CREATE INDEX provisioning_approval_waiting_idx ON provisioning_approval (due_at) WHERE state = 'waiting';

-- Who may give it: resolved when it is asked for, so that a list of what waits for somebody is one look-up.
CREATE TABLE provisioning_approver (
    approval_id uuid NOT NULL REFERENCES provisioning_approval ON DELETE CASCADE,
    rule        text NOT NULL, -- lead, offering-team, team:…, person:…
    person_id   uuid NOT NULL REFERENCES person,
    -- how they came to it: by the rule itself, because nobody else could, because time was over, or from somebody
    by          text NOT NULL CONSTRAINT provisioning_approver_by_known CHECK (by IN ('rule', 'stand-in', 'escalation', 'delegation')),
    from_id     uuid REFERENCES person,
    PRIMARY KEY (approval_id, rule, person_id)
);
CREATE INDEX provisioning_approver_person_idx ON provisioning_approver (person_id);

CREATE TABLE provisioning_decision (
    approval_id uuid NOT NULL REFERENCES provisioning_approval ON DELETE CASCADE,
    rule        text NOT NULL,
    person_id   uuid NOT NULL REFERENCES person,
    agreed      boolean NOT NULL,
    note        text NOT NULL DEFAULT '',
    at          timestamptz NOT NULL,
    PRIMARY KEY (approval_id, rule)
);

-- A step of a run. Its key is the idempotency key of whatever it does outside, the same at each attempt.
CREATE TABLE provisioning_step (
    id             uuid PRIMARY KEY,
    request_id     uuid NOT NULL REFERENCES provisioning_request ON DELETE CASCADE,
    position       integer NOT NULL,
    item           integer NOT NULL DEFAULT 0, -- of a step that is done for each of several
    value          text,                       -- that item
    step           text NOT NULL,
    title          text NOT NULL,
    uses           text NOT NULL,
    state          text NOT NULL CONSTRAINT provisioning_step_state_known CHECK (state IN
                   ('waiting', 'running', 'later', 'done', 'skipped', 'failed', 'undoing', 'undone', 'left')),
    attempts       integer NOT NULL DEFAULT 0,
    outputs        text NOT NULL DEFAULT '{}',
    secrets_sealed bytea,
    effect         text,        -- what it left behind: what undoing needs to know
    called_back    text,        -- what somebody outside told about it
    due_at         timestamptz, -- when to look again
    fault          text,
    why            text NOT NULL DEFAULT '',
    next           text NOT NULL DEFAULT '',
    started_at     timestamptz,
    ended_at       timestamptz,
    CONSTRAINT provisioning_step_key UNIQUE (request_id, position, item)
);

CREATE TABLE provisioning_log (
    request_id uuid NOT NULL REFERENCES provisioning_request ON DELETE CASCADE,
    line       bigint GENERATED ALWAYS AS IDENTITY,
    step       text NOT NULL DEFAULT '',
    at         timestamptz NOT NULL,
    text       text NOT NULL,
    PRIMARY KEY (request_id, line)
);

-- What exists since. Its owner is that of its entity, as long as it has one.
CREATE TABLE provisioned_resource (
    id            uuid PRIMARY KEY,
    name          text NOT NULL,
    entity_id     uuid REFERENCES entity ON DELETE SET NULL,
    offering_id   uuid NOT NULL,
    version       integer NOT NULL,
    request_id    uuid NOT NULL REFERENCES provisioning_request, -- that made it
    requested_by  uuid REFERENCES person,
    team_id       uuid NOT NULL REFERENCES team,
    operated_by   uuid NOT NULL REFERENCES team,
    supported_by  uuid NOT NULL REFERENCES team,
    service_id    uuid REFERENCES entity ON DELETE SET NULL,
    environment   text NOT NULL DEFAULT '',
    cost_centre   text NOT NULL DEFAULT '',
    params        text NOT NULL,
    unusual       text[] NOT NULL DEFAULT '{}', -- parameters that are not the defaults
    outputs       text NOT NULL DEFAULT '{}',
    cost          double precision,
    currency      text,
    state         text NOT NULL CONSTRAINT provisioned_resource_state_known CHECK (state IN ('active', 'removed', 'ejected')),
    made_at       timestamptz NOT NULL,
    ended_at      timestamptz,
    expires_at    timestamptz,
    review_at     timestamptz,
    warn_at       timestamptz, -- when its team is told of the end the next time
    days_given    integer,     -- how long it was to live at first: as long as that it is renewed for
    try_at        timestamptz, -- when its clean-up is tried the next time
    CONSTRAINT provisioned_resource_version_fkey FOREIGN KEY (offering_id, version) REFERENCES offering_version,
    CONSTRAINT provisioned_resource_request_key UNIQUE (request_id),
    CONSTRAINT provisioned_resource_ended CHECK ((state = 'active') = (ended_at IS NULL))
);
CREATE INDEX provisioned_resource_team_idx ON provisioned_resource (team_id, name, id);
CREATE INDEX provisioned_resource_offering_idx ON provisioned_resource (offering_id, name, id);
CREATE INDEX provisioned_resource_entity_idx ON provisioned_resource (entity_id);
CREATE INDEX provisioned_resource_expires_idx ON provisioned_resource (expires_at) WHERE state = 'active' AND expires_at IS NOT NULL;
CREATE INDEX provisioned_resource_warn_idx ON provisioned_resource (warn_at) WHERE state = 'active' AND warn_at IS NOT NULL;
ALTER TABLE provisioning_request ADD CONSTRAINT provisioning_request_resource_fkey FOREIGN KEY (resource_id) REFERENCES provisioned_resource;

-- Credentials: shown once, to whoever asked or their team.
CREATE TABLE provisioned_secret (
    resource_id uuid NOT NULL REFERENCES provisioned_resource ON DELETE CASCADE,
    name        text NOT NULL,
    title       text NOT NULL,
    sealed      bytea NOT NULL,
    made_at     timestamptz NOT NULL,
    shown_at    timestamptz,
    shown_to    uuid REFERENCES person,
    PRIMARY KEY (resource_id, name)
);

-- A guardrail that a team need not keep, for a while and with a reason.
CREATE TABLE guardrail_waiver (
    id          uuid PRIMARY KEY,
    offering_id uuid NOT NULL REFERENCES offering ON DELETE CASCADE,
    guardrail   text NOT NULL,
    team_id     uuid NOT NULL REFERENCES team,
    reason      text NOT NULL,
    ends_at     timestamptz NOT NULL,
    asked_by    uuid NOT NULL REFERENCES person,
    asked_at    timestamptz NOT NULL,
    state       text NOT NULL CONSTRAINT guardrail_waiver_state_known CHECK (state IN ('asked', 'granted', 'refused', 'withdrawn')),
    decided_by  uuid REFERENCES person,
    decided_at  timestamptz,
    note        text NOT NULL DEFAULT '',
    CONSTRAINT guardrail_waiver_decided CHECK ((state = 'asked') = (decided_at IS NULL))
);
CREATE INDEX guardrail_waiver_team_idx ON guardrail_waiver (team_id, offering_id);
CREATE UNIQUE INDEX guardrail_waiver_asked_key ON guardrail_waiver (offering_id, guardrail, team_id) WHERE state = 'asked';

-- Terraform's states, by its HTTP backend: sealed, for they hold secrets.
CREATE TABLE terraform_state (
    id         uuid PRIMARY KEY,
    lock_id    text,
    lock_info  text,
    locked_at  timestamptz,
    created_at timestamptz NOT NULL
);
CREATE TABLE terraform_state_version (
    state_id    uuid NOT NULL REFERENCES terraform_state ON DELETE CASCADE,
    serial      bigint NOT NULL, -- our own, from 1
    body_sealed bytea NOT NULL,
    md5         bytea,
    written_at  timestamptz NOT NULL,
    PRIMARY KEY (state_id, serial)
);

-- How requests of an offering went in the 90 days before `now`, and what exists of it: for its page and for the list of
-- all of them, so that both say the same.
CREATE FUNCTION offering_figures(offering uuid, now timestamptz)
RETURNS TABLE (in_use bigint, teams bigint, succeeded bigint, usual_seconds bigint, slow_seconds bigint, without_a_human bigint,
               failed_by_input bigint, failed_by_platform bigint, failed_by_outside bigint, answers bigint, satisfaction double precision)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT held.in_use, held.teams, went.*
    FROM (SELECT count(*) AS in_use, count(DISTINCT r.team_id) AS teams FROM provisioned_resource r
          WHERE r.offering_id = $1 AND r.state = 'active') held,
         (SELECT count(*) FILTER (WHERE ok),
                 (percentile_cont(0.5) WITHIN GROUP (ORDER BY took) FILTER (WHERE ok))::bigint,
                 (percentile_cont(0.9) WITHIN GROUP (ORDER BY took) FILTER (WHERE ok))::bigint,
                 count(*) FILTER (WHERE ok AND NOT needed_human),
                 count(*) FILTER (WHERE q.fault = 'input' AND NOT ok), count(*) FILTER (WHERE q.fault = 'platform' AND NOT ok),
                 count(*) FILTER (WHERE q.fault = 'outside' AND NOT ok),
                 count(q.satisfaction), avg(q.satisfaction)::double precision
          FROM (SELECT *, state = 'succeeded' AS ok, extract(epoch FROM ended_at - submitted_at) AS took
                FROM provisioning_request
                WHERE offering_id = $1 AND action IS NULL AND submitted_at >= $2 - interval '90 days'
                  AND state IN ('succeeded', 'failed', 'needs-attention')) q) went
$$;
