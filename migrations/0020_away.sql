-- When people are away, as their own calendars say: so that a shift that falls into somebody's holiday is seen before it
-- begins. The address of a calendar opens it, so it is sealed; of what is read only the times are kept, no titles.
CREATE TABLE away_calendar (
    person_id      uuid PRIMARY KEY REFERENCES person ON DELETE CASCADE,
    host           text NOT NULL,  -- of the address, to be shown
    address_sealed bytea NOT NULL,
    -- by what an unchanged calendar is known again
    etag           text,
    modified       text,
    set_at         timestamptz NOT NULL,
    asked_at       timestamptz,
    read_at        timestamptz,    -- when it was last read as a whole
    error          text            -- why it could not be, the last time
);
CREATE TABLE away_span (
    person_id uuid NOT NULL REFERENCES away_calendar ON DELETE CASCADE,
    starts_at timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL,
    PRIMARY KEY (person_id, starts_at),
    CONSTRAINT away_span_order CHECK (ends_at > starts_at)
);
