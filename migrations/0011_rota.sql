-- Schedules: who is on call or answers support, when.
--
-- Two kinds of rows. What people decide (schedule, layer, rotation, cover, swap) is kept with its dates and never
-- overwritten in a way that would change the past. What follows from it, the shifts, is computed by one pure function
-- and kept in `shift`: rows that are over are facts; rows ahead, to a horizon of half a year, are renewed in the
-- transaction of every edit and once a day. So "who is it now" is one look into an index, at night and for the whole
-- company alike, and last year's answer is still what it was whatever the rotation says today.

-- Days on which nobody is expected to work. Belongs to a team, may be used by schedules of others.
CREATE TABLE holiday_calendar (
    id         uuid PRIMARY KEY,
    team_id    uuid NOT NULL CONSTRAINT holiday_calendar_team_fkey REFERENCES team ON DELETE CASCADE,
    name       text NOT NULL,
    version    bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX holiday_calendar_name_key ON holiday_calendar (team_id, lower(name));
CREATE TABLE holiday (
    calendar_id uuid NOT NULL REFERENCES holiday_calendar ON DELETE CASCADE,
    day         date NOT NULL,
    name        text NOT NULL DEFAULT '',
    PRIMARY KEY (calendar_id, day)
);

CREATE TABLE schedule (
    id          uuid PRIMARY KEY,
    team_id     uuid NOT NULL CONSTRAINT schedule_team_fkey REFERENCES team ON DELETE CASCADE,
    slug        text NOT NULL,
    name        text NOT NULL,
    description text NOT NULL DEFAULT '',
    purpose     text NOT NULL CONSTRAINT schedule_purpose_known CHECK (purpose IN ('on-call', 'support')),
    time_zone   text NOT NULL, -- IANA name, never an offset: hand-offs are wall times
    -- null: always. Else weekly windows, [{"start_day":"mon","start":"09:00","end_day":"mon","end":"17:00"}, …]
    coverage    jsonb,
    holiday_calendar_id uuid CONSTRAINT schedule_holiday_calendar_fkey REFERENCES holiday_calendar,
    -- shifts are known until here; later ones are computed when they are asked for
    projected_until timestamptz NOT NULL,
    version     bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    closed_at   timestamptz, -- no shifts from here on; what was stays
    CONSTRAINT schedule_slug_shape CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')
);
CREATE UNIQUE INDEX schedule_slug_key ON schedule (slug);
CREATE INDEX schedule_team_idx ON schedule (team_id, purpose);
CREATE INDEX schedule_name_idx ON schedule (lower(name), id);
CREATE INDEX schedule_projected_idx ON schedule (projected_until) WHERE closed_at IS NULL;

CREATE TABLE schedule_layer (
    id          uuid PRIMARY KEY,
    schedule_id uuid NOT NULL REFERENCES schedule ON DELETE CASCADE,
    name        text NOT NULL,
    priority    integer NOT NULL, -- a higher one replaces a lower one where both have somebody; equal ones stand side by side
    created_at  timestamptz NOT NULL
);
CREATE INDEX schedule_layer_schedule_idx ON schedule_layer (schedule_id, priority);

-- Versions of a layer's rotation. An edit ends one and begins the next.
CREATE TABLE rotation (
    id           uuid PRIMARY KEY,
    layer_id     uuid NOT NULL REFERENCES schedule_layer ON DELETE CASCADE,
    valid_from   timestamptz NOT NULL,
    valid_until  timestamptz,
    anchor       timestamp NOT NULL, -- wall time in the schedule's zone from which turns are counted
    every        integer NOT NULL CONSTRAINT rotation_every_range CHECK (every BETWEEN 1 AND 8784),
    unit         text NOT NULL CONSTRAINT rotation_unit_known CHECK (unit IN ('hours', 'days', 'weeks', 'months')),
    only_active_days boolean NOT NULL DEFAULT false,
    restrictions jsonb NOT NULL DEFAULT '[]', -- weekly windows as in schedule.coverage; none: always
    participants uuid[] NOT NULL, -- in order; the nil key is nobody, on purpose
    first_turn   integer NOT NULL DEFAULT 0, -- who of them has the turn that begins at the anchor
    created_at   timestamptz NOT NULL,
    created_by   uuid REFERENCES person,
    CONSTRAINT rotation_order CHECK (valid_until IS NULL OR valid_until >= valid_from),
    -- two edits at the same moment: one of them fails
    CONSTRAINT rotation_once EXCLUDE USING gist (layer_id WITH =, tstzrange(valid_from, valid_until) WITH &&)
);
-- whom rotations name, for the day on which somebody leaves
CREATE INDEX rotation_participants_idx ON rotation USING gin (participants);

-- Asking for a swap: an offer is to anybody, a request is to one person. It changes nothing until it is taken.
CREATE TABLE swap (
    id           uuid PRIMARY KEY,
    schedule_id  uuid NOT NULL REFERENCES schedule ON DELETE CASCADE,
    asker_id     uuid NOT NULL REFERENCES person, -- whose time it is
    starts_at    timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL,
    asked_id     uuid REFERENCES person, -- null: anybody
    -- what the asker takes over from the taker in return
    return_from  timestamptz,
    return_until timestamptz,
    note         text NOT NULL DEFAULT '',
    created_by   uuid REFERENCES person, -- a lead may ask for others
    created_at   timestamptz NOT NULL,
    taken_by     uuid REFERENCES person,
    taken_at     timestamptz,
    withdrawn_at timestamptz,
    version      bigint NOT NULL DEFAULT 1,
    CONSTRAINT swap_order CHECK (ends_at > starts_at),
    CONSTRAINT swap_return_order CHECK ((return_from IS NULL) = (return_until IS NULL) AND (return_from IS NULL OR return_until > return_from)),
    CONSTRAINT swap_taken CHECK ((taken_by IS NULL) = (taken_at IS NULL)),
    -- one's time is asked for once
    CONSTRAINT swap_once EXCLUDE USING gist (schedule_id WITH =, asker_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (withdrawn_at IS NULL)
);
CREATE INDEX swap_open_idx ON swap (schedule_id, starts_at) WHERE withdrawn_at IS NULL;
CREATE INDEX swap_person_idx ON swap (asker_id);
CREATE INDEX swap_asked_idx ON swap (asked_id) WHERE asked_id IS NOT NULL;

-- What is laid over the rotation: an override, or one half of a taken swap. Later decisions win.
CREATE TABLE cover (
    id            uuid PRIMARY KEY,
    schedule_id   uuid NOT NULL REFERENCES schedule ON DELETE CASCADE,
    kind          text NOT NULL CONSTRAINT cover_kind_known CHECK (kind IN ('replace', 'add', 'nobody')),
    out_person_id uuid REFERENCES person,
    by_person_id  uuid REFERENCES person,
    starts_at     timestamptz NOT NULL,
    ends_at       timestamptz NOT NULL,
    reason        text NOT NULL DEFAULT '',
    swap_id       uuid REFERENCES swap ON DELETE CASCADE,
    decided_at    timestamptz NOT NULL,
    decided_by    uuid REFERENCES person,
    withdrawn_at  timestamptz,
    withdrawn_by  uuid REFERENCES person,
    -- whose time it disposes of: two decisions about the same person at the same time contradict each other, and the
    -- second one fails, also when both are written at the same moment
    subject_id    uuid NOT NULL GENERATED ALWAYS AS (coalesce(out_person_id, by_person_id, '00000000-0000-0000-0000-000000000000')) STORED,
    CONSTRAINT cover_order CHECK (ends_at > starts_at),
    CONSTRAINT cover_people CHECK ((kind = 'replace') = (out_person_id IS NOT NULL) AND (kind = 'nobody') = (by_person_id IS NULL) AND out_person_id <> by_person_id),
    CONSTRAINT cover_once EXCLUDE USING gist (schedule_id WITH =, kind WITH =, subject_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (withdrawn_at IS NULL)
);
CREATE INDEX cover_schedule_idx ON cover (schedule_id, ends_at) WHERE withdrawn_at IS NULL;
CREATE INDEX cover_by_idx ON cover (by_person_id, ends_at) WHERE withdrawn_at IS NULL;
CREATE INDEX cover_out_idx ON cover (out_person_id, ends_at) WHERE withdrawn_at IS NULL;
CREATE INDEX cover_swap_idx ON cover (swap_id) WHERE swap_id IS NOT NULL;

-- The final schedule.
CREATE TABLE shift (
    id            uuid PRIMARY KEY,
    schedule_id   uuid NOT NULL REFERENCES schedule ON DELETE CASCADE,
    uid           text NOT NULL, -- stays the same when the person changes; calendars know the shift by it
    starts_at     timestamptz NOT NULL,
    ends_at       timestamptz NOT NULL,
    -- vacant: person_id names who left. nobody: on purpose. gap: nothing fills time that is to be covered
    holder        text NOT NULL CONSTRAINT shift_holder_known CHECK (holder IN ('person', 'vacant', 'nobody', 'gap')),
    person_id     uuid REFERENCES person,
    via           text NOT NULL CONSTRAINT shift_via_known CHECK (via IN ('rotation', 'override', 'swap')),
    layer_id      uuid REFERENCES schedule_layer,
    cover_id      uuid REFERENCES cover,
    instead_of_id uuid REFERENCES person,
    sequence      integer NOT NULL DEFAULT 0, -- RFC 5545 SEQUENCE: raised by every change
    changed_at    timestamptz NOT NULL,
    cancelled_at  timestamptz, -- no longer a shift; kept for a while so that calendars hear of it
    CONSTRAINT shift_order CHECK (ends_at > starts_at),
    CONSTRAINT shift_holder_person CHECK ((holder IN ('person', 'vacant')) = (person_id IS NOT NULL))
);
-- the gap that begins at an instant, and the shift of a name, are there once
CREATE UNIQUE INDEX shift_uid_key ON shift (schedule_id, uid);
-- Who is it now, and what lies in a range: of one schedule (begun last, first), of one person, and of everything.
CREATE INDEX shift_schedule_idx ON shift (schedule_id, ends_at) WHERE cancelled_at IS NULL;
CREATE INDEX shift_person_idx ON shift (person_id, ends_at) WHERE cancelled_at IS NULL AND person_id IS NOT NULL;
CREATE INDEX shift_span_idx ON shift USING gist (tstzrange(starts_at, ends_at)) WHERE cancelled_at IS NULL;

-- Secret addresses of calendar feeds. Only a hash is kept; the address is shown when it is made.
CREATE TABLE calendar_feed (
    id           uuid PRIMARY KEY,
    secret_hash  bytea NOT NULL CONSTRAINT calendar_feed_secret_key UNIQUE,
    owner_id     uuid NOT NULL REFERENCES person ON DELETE CASCADE, -- who made it, and on whose rights it reads
    schedule_id  uuid REFERENCES schedule ON DELETE CASCADE, -- null: the owner's own shifts everywhere
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at   timestamptz
);
CREATE INDEX calendar_feed_owner_idx ON calendar_feed (owner_id);

-- Since when somebody is inactive, so that shifts know from when on they are vacant.
ALTER TABLE person ADD COLUMN inactive_since timestamptz;
UPDATE person SET inactive_since = updated_at WHERE NOT active;
CREATE FUNCTION note_inactive() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.inactive_since := CASE WHEN NEW.active THEN NULL ELSE coalesce(NEW.inactive_since, NEW.updated_at) END;
    RETURN NEW;
END $$;
CREATE TRIGGER person_inactive BEFORE INSERT OR UPDATE OF active ON person FOR EACH ROW EXECUTE FUNCTION note_inactive();
