-- One row per user-centred event, with the person's team of that day: it cannot be collected afterwards.
-- The person is dropped after the retention time (90 days unless set otherwise); the team and the event stay.
CREATE TABLE usage_event (
    id        uuid PRIMARY KEY,
    at        timestamptz NOT NULL,
    kind      text NOT NULL,  -- 'searched', 'opened-entity', 'handed-over', …
    person_id uuid REFERENCES person ON DELETE SET NULL,
    team_id   uuid REFERENCES team ON DELETE SET NULL,
    subject   text NOT NULL DEFAULT '', -- what was opened or searched for
    results   integer         -- for a search: how many it found
);
CREATE INDEX usage_event_kind_idx ON usage_event (kind, at);
CREATE INDEX usage_event_named_idx ON usage_event (at) WHERE person_id IS NOT NULL;

-- Settings that an admin turns in the portal; what is not here has its documented default.
CREATE TABLE setting (
    key        text PRIMARY KEY,
    value      jsonb NOT NULL,
    set_by     uuid REFERENCES person,
    set_at     timestamptz NOT NULL
);
