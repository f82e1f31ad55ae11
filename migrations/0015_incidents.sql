-- Incidents, light on purpose: who runs it, what is hurt, what is said to others, what was learned. Chat, calls and
-- documents stay in the tools that do them well and are linked to.

CREATE TABLE incident (
    id           uuid PRIMARY KEY,
    number       bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT incident_number_key UNIQUE, -- what people say
    team_id      uuid NOT NULL REFERENCES team ON DELETE CASCADE, -- who runs it
    title        text NOT NULL,
    severity     smallint NOT NULL CONSTRAINT incident_severity_range CHECK (severity BETWEEN 1 AND 4), -- 1 worst
    state        text NOT NULL CONSTRAINT incident_state_known CHECK (state IN ('open', 'mitigated', 'ended', 'reviewed')),
    -- who noticed first, and whether an objective saw it: the two figures that say whether monitoring is any good
    noticed_by   text NOT NULL CONSTRAINT incident_noticed_known CHECK (noticed_by IN ('alert', 'employee', 'customer', 'partner')),
    slo_saw      text NOT NULL CONSTRAINT incident_slo_known CHECK (slo_saw IN ('yes', 'no', 'none-declared')),
    -- the alert it was opened from; it lives in another capability and may be cleared away there
    page_id      uuid,
    link         text, -- the channel or call
    began_at     timestamptz NOT NULL,
    opened_by    uuid REFERENCES person,
    opened_at    timestamptz NOT NULL,
    mitigated_at timestamptz,
    ended_at     timestamptz,
    status_text  text NOT NULL DEFAULT '', -- for others: what they feel, what to do, when they hear again
    status_at    timestamptz,
    happened     text NOT NULL DEFAULT '', -- the review, blameless, Markdown
    helped       text NOT NULL DEFAULT '',
    reviewed_at  timestamptz,
    reviewed_by  uuid REFERENCES person,
    version      bigint NOT NULL DEFAULT 1,
    updated_at   timestamptz NOT NULL,
    CONSTRAINT incident_ended CHECK ((state IN ('ended', 'reviewed')) = (ended_at IS NOT NULL)),
    CONSTRAINT incident_order CHECK (began_at <= coalesce(mitigated_at, ended_at, began_at) AND began_at <= coalesce(ended_at, began_at))
);
CREATE INDEX incident_team_idx ON incident (team_id, began_at DESC);
CREATE INDEX incident_began_idx ON incident (began_at DESC, number DESC);
CREATE INDEX incident_open_idx ON incident (began_at) WHERE ended_at IS NULL;

CREATE TABLE incident_entity (
    incident_id uuid NOT NULL REFERENCES incident ON DELETE CASCADE,
    entity_id   uuid NOT NULL REFERENCES entity ON DELETE CASCADE,
    PRIMARY KEY (incident_id, entity_id)
);
CREATE INDEX incident_entity_idx ON incident_entity (entity_id);

-- Who did what in it, from when until when: roles change hands during a long night.
CREATE TABLE incident_role (
    id          uuid PRIMARY KEY,
    incident_id uuid NOT NULL REFERENCES incident ON DELETE CASCADE,
    role        text NOT NULL CONSTRAINT incident_role_known CHECK (role IN ('lead', 'communication', 'notes', 'expert')),
    person_id   uuid NOT NULL REFERENCES person,
    from_at     timestamptz NOT NULL,
    until_at    timestamptz,
    CONSTRAINT incident_role_order CHECK (until_at IS NULL OR until_at >= from_at)
);
CREATE INDEX incident_role_incident_idx ON incident_role (incident_id, from_at);

-- What people said and decided. Pages and changes are not copied here: they flow into the timeline when it is read.
CREATE TABLE incident_entry (
    id          uuid PRIMARY KEY,
    incident_id uuid NOT NULL REFERENCES incident ON DELETE CASCADE,
    at          timestamptz NOT NULL,
    kind        text NOT NULL CONSTRAINT incident_entry_kind_known
                CHECK (kind IN ('opened', 'note', 'status', 'mitigated', 'ended', 'reopened', 'reviewed', 'role', 'severity')),
    author_id   uuid REFERENCES person,
    text        text NOT NULL DEFAULT '' -- Markdown
);
CREATE INDEX incident_entry_incident_idx ON incident_entry (incident_id, at, id);

CREATE TABLE incident_before (
    incident_id uuid NOT NULL REFERENCES incident ON DELETE CASCADE,
    before_id   uuid NOT NULL REFERENCES incident ON DELETE CASCADE,
    PRIMARY KEY (incident_id, before_id),
    CONSTRAINT incident_before_other CHECK (incident_id <> before_id)
);
CREATE INDEX incident_before_idx ON incident_before (before_id);

-- What somebody promised to do by when. It stays open until it is done or dropped with a reason, whether it came out of an
-- incident or of an operational review.
CREATE TABLE action (
    id          uuid PRIMARY KEY,
    team_id     uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    incident_id uuid REFERENCES incident ON DELETE CASCADE,
    title       text NOT NULL,
    owner_id    uuid REFERENCES person, -- null: nobody yet, which is said loudly
    due_on      date NOT NULL,
    state       text NOT NULL DEFAULT 'open' CONSTRAINT action_state_known CHECK (state IN ('open', 'done', 'dropped')),
    outcome     text NOT NULL DEFAULT '',
    created_by  uuid REFERENCES person,
    created_at  timestamptz NOT NULL,
    closed_at   timestamptz,
    closed_by   uuid REFERENCES person,
    CONSTRAINT action_closed CHECK ((state = 'open') = (closed_at IS NULL))
);
CREATE INDEX action_open_idx ON action (team_id, due_on) WHERE state = 'open';
CREATE INDEX action_owner_idx ON action (owner_id, due_on) WHERE state = 'open';
CREATE INDEX action_incident_idx ON action (incident_id);

-- How a thing is known to fail: read on its page at night.
CREATE TABLE failure_mode (
    id          uuid PRIMARY KEY,
    entity_id   uuid NOT NULL REFERENCES entity ON DELETE CASCADE,
    name        text NOT NULL,
    signs       text NOT NULL DEFAULT '',
    remedy      text NOT NULL DEFAULT '',
    incident_id uuid REFERENCES incident ON DELETE SET NULL, -- where it was learned
    written_by  uuid REFERENCES person,
    written_at  timestamptz NOT NULL,
    retired_at  timestamptz -- it cannot happen any more
);
CREATE INDEX failure_mode_entity_idx ON failure_mode (entity_id) WHERE retired_at IS NULL;
