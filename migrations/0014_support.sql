-- Support: how soon a team helps, what was asked of it, and what was said since.

-- What a team promises per tier: who may have an engineer at once, and otherwise by when an answer comes. A team without
-- rows promises the defaults of the program; one that sets its own sets all five, so that no row is half an answer.
CREATE TABLE support_level (
    team_id         uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    -- 4: what has no tier, and what is asked of the team itself
    tier            smallint NOT NULL CONSTRAINT support_level_tier_range CHECK (tier BETWEEN 0 AND 4),
    at_once         text NOT NULL CONSTRAINT support_level_at_once_known CHECK (at_once IN ('nobody', 'dependents', 'anyone')),
    least_impact    text NOT NULL CONSTRAINT support_level_impact_known CHECK (least_impact IN ('question', 'slowed', 'blocked', 'outage')),
    only_production boolean NOT NULL,
    -- minutes of the team's support hours, not of the clock on the wall
    first_answer_minutes integer NOT NULL CONSTRAINT support_level_first_range CHECK (first_answer_minutes BETWEEN 5 AND 14400),
    next_answer_minutes  integer NOT NULL CONSTRAINT support_level_next_range CHECK (next_answer_minutes BETWEEN 5 AND 14400),
    set_by          uuid REFERENCES person,
    set_at          timestamptz NOT NULL,
    PRIMARY KEY (team_id, tier)
);

-- One request for help. What was promised is copied from the level of that day: a later edit of the levels does not
-- change what somebody was told.
CREATE TABLE support_request (
    id          uuid PRIMARY KEY,
    number      bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT support_request_number_key UNIQUE, -- what people say
    team_id     uuid NOT NULL REFERENCES team ON DELETE CASCADE,   -- whose queue it stands in
    entity_id   uuid REFERENCES entity ON DELETE SET NULL,
    entity_ref  text,                                              -- stays when the entity goes
    title       text NOT NULL,
    environment text NOT NULL DEFAULT '',
    impact      text NOT NULL CONSTRAINT support_request_impact_known CHECK (impact IN ('question', 'slowed', 'blocked', 'outage')),
    tried       text NOT NULL DEFAULT '',
    wanted      text NOT NULL DEFAULT '',
    links       text[] NOT NULL DEFAULT '{}',
    category    text NOT NULL CONSTRAINT support_request_category_known
                CHECK (category IN ('production-problem', 'bug', 'platform-use', 'feature', 'contribution', 'design')),
    -- 0 at once, 1 tier 0 or 1, 2 tier 2, 3 all else: what the queue is sorted by first
    level       smallint NOT NULL CONSTRAINT support_request_level_range CHECK (level BETWEEN 0 AND 3),
    first_answer_minutes integer NOT NULL,
    next_answer_minutes  integer NOT NULL,
    -- the alert it came from; it lives in another capability and may be cleared away there
    page_id     uuid,
    state       text NOT NULL CONSTRAINT support_request_state_known
                CHECK (state IN ('waiting', 'with-someone', 'waiting-for-requester', 'closed', 'reopened')),
    assignee_id uuid REFERENCES person,
    asked_by    uuid NOT NULL REFERENCES person,
    asked_at    timestamptz NOT NULL,
    -- by when the team owes a word, as its support hours stood when this was last reckoned; null: it owes none
    due_at      timestamptz,
    first_answered_at timestamptz,
    first_answered_by uuid REFERENCES person,
    first_answer_in_time boolean,
    closed_at   timestamptz,
    updated_at  timestamptz NOT NULL,
    CONSTRAINT support_request_closed CHECK ((state = 'closed') = (closed_at IS NOT NULL))
);
-- the queue of a team, most urgent first
CREATE INDEX support_request_queue_idx ON support_request (team_id, level, due_at, number) WHERE closed_at IS NULL;
-- answered ones, and what was asked per week
CREATE INDEX support_request_team_idx ON support_request (team_id, asked_at DESC);
CREATE INDEX support_request_asked_by_idx ON support_request (asked_by, number DESC);
CREATE INDEX support_request_assignee_idx ON support_request (assignee_id) WHERE closed_at IS NULL;
CREATE INDEX support_request_entity_idx ON support_request (entity_id, number DESC);

-- What happened to a request, in order; targets are reckoned from these alone.
CREATE TABLE support_event (
    id         uuid PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES support_request ON DELETE CASCADE,
    at         timestamptz NOT NULL,
    kind       text NOT NULL CONSTRAINT support_event_kind_known
               CHECK (kind IN ('asked', 'said', 'answered', 'asked-back', 'paused', 'assigned', 'moved', 'closed', 'reopened')),
    author_id  uuid REFERENCES person,  -- null: Portolan itself
    to_id      uuid REFERENCES person,  -- to whom it was given
    text       text NOT NULL DEFAULT '' -- Markdown, cleaned when it is shown
);
CREATE INDEX support_event_request_idx ON support_event (request_id, at, id);

-- What whoever is on support this week leaves for the next.
CREATE TABLE support_note (
    team_id    uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    week       date NOT NULL CONSTRAINT support_note_monday CHECK (extract(isodow FROM week) = 1),
    text       text NOT NULL,
    version    bigint NOT NULL DEFAULT 1,
    written_by uuid REFERENCES person,
    written_at timestamptz NOT NULL,
    PRIMARY KEY (team_id, week)
);
