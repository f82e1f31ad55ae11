-- Wins and challenges: what teams write each cycle, what the levels above choose of it, what is published, and who may read it.

-- Who takes part, how often, and by when. One plan covers the tree below its root; a team is in one plan at most.
CREATE TABLE wins_plan (
    id           uuid PRIMARY KEY,
    name         text NOT NULL CONSTRAINT wins_plan_name_key UNIQUE,
    root_team_id uuid NOT NULL CONSTRAINT wins_plan_root_key UNIQUE REFERENCES team,
    weeks        smallint NOT NULL CONSTRAINT wins_plan_weeks_range CHECK (weeks BETWEEN 1 AND 13),
    anchor       date NOT NULL,  -- the first day of one cycle; all others follow from it
    time_zone    text NOT NULL,
    publish_at   text NOT NULL,  -- day and time of the week after a cycle's last day: 'fri 09:00'
    calendar_id  uuid REFERENCES holiday_calendar ON DELETE SET NULL, -- a deadline on such a day moves to the next other one
    paused       boolean NOT NULL DEFAULT false,
    version      bigint NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL
);

-- What holds for each height of the tree: 0 is a team with nobody below. Higher than the last row, the last row holds.
CREATE TABLE wins_level (
    plan_id         uuid NOT NULL REFERENCES wins_plan ON DELETE CASCADE,
    level           smallint NOT NULL CONSTRAINT wins_level_range CHECK (level BETWEEN 0 AND 9),
    due             text NOT NULL, -- 'tue 15:00'
    most_wins       smallint NOT NULL CONSTRAINT wins_level_wins_range CHECK (most_wins BETWEEN 1 AND 20),
    most_challenges smallint NOT NULL CONSTRAINT wins_level_challenges_range CHECK (most_challenges BETWEEN 0 AND 20),
    most_words      smallint NOT NULL CONSTRAINT wins_level_words_range CHECK (most_words BETWEEN 20 AND 1000),
    audience        text NOT NULL CONSTRAINT wins_level_audience_known CHECK (audience IN ('circle', 'everyone')),
    PRIMARY KEY (plan_id, level)
);

-- What of the tree takes no part. Without `below` only the team itself is left out, and those below it hand to the next one above.
CREATE TABLE wins_left_out (
    plan_id uuid NOT NULL REFERENCES wins_plan ON DELETE CASCADE,
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    below   boolean NOT NULL,
    PRIMARY KEY (plan_id, team_id)
);

-- Who writes for a team when its lead is away and has named nobody.
CREATE TABLE wins_deputy (
    team_id   uuid PRIMARY KEY REFERENCES team ON DELETE CASCADE,
    person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE
);
CREATE INDEX wins_deputy_person_idx ON wins_deputy (person_id);

-- What a team's short words stand for; those of the teams above hold too.
CREATE TABLE wins_acronym (
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    short   text NOT NULL,
    long    text NOT NULL,
    PRIMARY KEY (team_id, short)
);

-- Who is sent what a team publishes.
CREATE TABLE wins_list (
    id         uuid PRIMARY KEY,
    team_id    uuid NOT NULL REFERENCES team ON DELETE CASCADE, -- whose publications
    name       text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT wins_list_name_key UNIQUE (team_id, name)
);
CREATE TABLE wins_list_member (
    id         uuid PRIMARY KEY,
    list_id    uuid NOT NULL REFERENCES wins_list ON DELETE CASCADE,
    person_id  uuid REFERENCES person ON DELETE CASCADE,
    team_id    uuid REFERENCES team ON DELETE CASCADE, -- whoever is in it, and below it
    email      text,                                   -- outside
    allowed_by uuid REFERENCES person ON DELETE SET NULL, -- the admin who let an outside address in
    allowed_at timestamptz,                            -- null: it waits for that, and is sent nothing
    stopped_at timestamptz,                            -- they wanted no more of it
    stop_hash  bytea,                                  -- of the secret in the last letter's link
    CONSTRAINT wins_list_member_one CHECK (num_nonnulls(person_id, team_id, email) = 1),
    CONSTRAINT wins_list_member_person_key UNIQUE (list_id, person_id),
    CONSTRAINT wins_list_member_team_key UNIQUE (list_id, team_id),
    CONSTRAINT wins_list_member_email_key UNIQUE (list_id, email)
);
CREATE INDEX wins_list_member_person_idx ON wins_list_member (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX wins_list_member_team_idx ON wins_list_member (team_id) WHERE team_id IS NOT NULL;
CREATE INDEX wins_list_member_stop_idx ON wins_list_member (stop_hash) WHERE stop_hash IS NOT NULL;

-- Two weeks of work, and the days after them in which it is written up.
CREATE TABLE wins_cycle (
    id           uuid PRIMARY KEY,
    plan_id      uuid NOT NULL REFERENCES wins_plan,
    slug         text NOT NULL,        -- the ISO week it begins in: '2026-w46'
    starts_on    date NOT NULL,
    ends_on      date NOT NULL,        -- its last day
    opens_at     timestamptz NOT NULL,
    publish_at   timestamptz NOT NULL,
    published_at timestamptz,          -- when it was closed: from then on nothing of it changes
    CONSTRAINT wins_cycle_start_key UNIQUE (plan_id, starts_on),
    CONSTRAINT wins_cycle_slug_key UNIQUE (plan_id, slug),
    CONSTRAINT wins_cycle_order CHECK (ends_on >= starts_on)
);
CREATE INDEX wins_cycle_open_idx ON wins_cycle (publish_at) WHERE published_at IS NULL;

-- What one team hands up in one cycle. Whom it is handed to is kept here, so that a team that moves appears once.
CREATE TABLE wins_update (
    id                 uuid PRIMARY KEY,
    cycle_id           uuid NOT NULL REFERENCES wins_cycle ON DELETE CASCADE,
    team_id            uuid NOT NULL REFERENCES team,
    parent_id          uuid REFERENCES wins_update, -- handed to; null: the top
    level              smallint NOT NULL,
    due_at             timestamptz NOT NULL,
    most_wins          smallint NOT NULL,
    most_challenges    smallint NOT NULL,
    most_words         smallint NOT NULL,
    audience           text NOT NULL CONSTRAINT wins_update_audience_known CHECK (audience IN ('circle', 'everyone')),
    state              text NOT NULL DEFAULT 'open' CONSTRAINT wins_update_state_known CHECK (state IN ('open', 'submitted', 'published', 'missed')),
    quiet              boolean NOT NULL DEFAULT false, -- nothing major this time, said by whoever submitted it
    intro              text NOT NULL DEFAULT '',
    delegate_id        uuid REFERENCES person ON DELETE SET NULL, -- writes this one beside the lead and the deputy
    submitted_at       timestamptz,
    submitted_by       uuid REFERENCES person ON DELETE SET NULL,
    reminded_before_at timestamptz,
    reminded_after_at  timestamptz,
    version            bigint NOT NULL DEFAULT 1,
    CONSTRAINT wins_update_once UNIQUE (cycle_id, team_id),
    CONSTRAINT wins_update_submitted CHECK ((state IN ('submitted', 'published')) = (submitted_at IS NOT NULL))
);
CREATE INDEX wins_update_parent_idx ON wins_update (parent_id);
CREATE INDEX wins_update_team_idx ON wins_update (team_id, cycle_id);
CREATE INDEX wins_update_delegate_idx ON wins_update (delegate_id) WHERE delegate_id IS NOT NULL;
CREATE INDEX wins_update_due_idx ON wins_update (due_at) WHERE state = 'open';

-- What a team published: the very bytes, which never change.
CREATE TABLE wins_publication (
    id           uuid PRIMARY KEY,
    update_id    uuid NOT NULL CONSTRAINT wins_publication_once UNIQUE REFERENCES wins_update,
    team_id      uuid NOT NULL REFERENCES team,
    audience     text NOT NULL,
    document     text NOT NULL, -- JSON
    hash         bytea NOT NULL,
    published_by uuid REFERENCES person ON DELETE SET NULL,
    published_at timestamptz NOT NULL
);
CREATE INDEX wins_publication_time_idx ON wins_publication (published_at DESC, id DESC);
CREATE INDEX wins_publication_team_idx ON wins_publication (team_id, published_at DESC);

-- A win or a challenge. Without an update it waits in its team for one; with origins it is a line that a level above chose and rewrote.
CREATE TABLE wins_entry (
    id             uuid PRIMARY KEY,
    team_id        uuid NOT NULL REFERENCES team,
    update_id      uuid REFERENCES wins_update,
    place          integer NOT NULL DEFAULT 0,
    kind           text NOT NULL CONSTRAINT wins_entry_kind_known CHECK (kind IN ('win', 'challenge')),
    summary        text NOT NULL,
    situation      text NOT NULL DEFAULT '', -- this and the next two: Markdown
    action         text NOT NULL DEFAULT '',
    result         text NOT NULL DEFAULT '',
    numbers        jsonb NOT NULL DEFAULT '[]', -- [{what, before, value, unit}]
    topic          text CONSTRAINT wins_entry_topic_known CHECK (topic IN ('initiative', 'people', 'operations', 'metric')),
    sensitivity    text NOT NULL CONSTRAINT wins_entry_sensitivity_known CHECK (sensitivity IN ('team', 'up', 'publish')),
    set_aside      boolean NOT NULL DEFAULT false, -- not this time, nor next time, but kept
    source_key     text,                           -- of the proposal it was taken from
    source_link    text NOT NULL DEFAULT '',       -- path in the portal of what it is about
    again_of       uuid REFERENCES wins_entry ON DELETE SET NULL, -- the challenge that this one tells of again
    solves         uuid REFERENCES wins_entry ON DELETE SET NULL, -- the challenge that this win ended
    closed_as      text CONSTRAINT wins_entry_closed_known CHECK (closed_as IN ('solved', 'accepted', 'dropped')),
    closed_at      timestamptz,
    closed_by      uuid REFERENCES person ON DELETE SET NULL,
    closed_note    text NOT NULL DEFAULT '',
    publication_id uuid REFERENCES wins_publication,
    created_by     uuid REFERENCES person ON DELETE SET NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    version        bigint NOT NULL DEFAULT 1,
    words          tsvector GENERATED ALWAYS AS (to_tsvector('simple', summary || ' ' || situation || ' ' || action || ' ' || result)) STORED,
    CONSTRAINT wins_entry_closed_whole CHECK ((closed_as IS NULL) = (closed_at IS NULL)),
    CONSTRAINT wins_entry_closed_challenge CHECK (closed_as IS NULL OR kind = 'challenge')
);
CREATE INDEX wins_entry_update_idx ON wins_entry (update_id, place);
CREATE INDEX wins_entry_team_idx ON wins_entry (team_id, created_at DESC);
CREATE INDEX wins_entry_pool_idx ON wins_entry (team_id) WHERE update_id IS NULL; -- what waits in a team
CREATE INDEX wins_entry_author_idx ON wins_entry (created_by, created_at DESC);
CREATE INDEX wins_entry_publication_idx ON wins_entry (publication_id) WHERE publication_id IS NOT NULL;
CREATE INDEX wins_entry_words_idx ON wins_entry USING gin (words);
CREATE INDEX wins_entry_again_idx ON wins_entry (again_of) WHERE again_of IS NOT NULL;

-- Which submitted entries a line was made of.
CREATE TABLE wins_origin (
    line_id   uuid NOT NULL REFERENCES wins_entry ON DELETE CASCADE,
    origin_id uuid NOT NULL REFERENCES wins_entry ON DELETE CASCADE,
    PRIMARY KEY (line_id, origin_id),
    CONSTRAINT wins_origin_other CHECK (line_id <> origin_id)
);
CREATE INDEX wins_origin_back_idx ON wins_origin (origin_id);

CREATE TABLE wins_credit (
    entry_id  uuid NOT NULL REFERENCES wins_entry ON DELETE CASCADE,
    person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    PRIMARY KEY (entry_id, person_id)
);
CREATE INDEX wins_credit_person_idx ON wins_credit (person_id);

CREATE TABLE wins_about (
    entry_id  uuid NOT NULL REFERENCES wins_entry ON DELETE CASCADE,
    entity_id uuid NOT NULL REFERENCES entity ON DELETE CASCADE,
    PRIMARY KEY (entry_id, entity_id)
);
CREATE INDEX wins_about_entity_idx ON wins_about (entity_id);

-- Other teams that an entry names. A challenge that does is shown to their leads before it is published.
CREATE TABLE wins_naming (
    entry_id    uuid NOT NULL REFERENCES wins_entry ON DELETE CASCADE,
    team_id     uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    shown_at    timestamptz, -- when its lead was told
    answered_at timestamptz,
    answered_by uuid REFERENCES person ON DELETE SET NULL,
    answer      text NOT NULL DEFAULT '',
    attached    boolean NOT NULL DEFAULT false, -- the answer is published with it
    PRIMARY KEY (entry_id, team_id)
);
CREATE INDEX wins_naming_team_idx ON wins_naming (team_id);

-- Proposals made from the portal's own records that a team wanted nothing of.
CREATE TABLE wins_dismissal (
    update_id uuid NOT NULL REFERENCES wins_update ON DELETE CASCADE,
    key       text NOT NULL,
    by_id     uuid REFERENCES person ON DELETE SET NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (update_id, key)
);

-- What is said of a publication afterwards: it stands beside it, and it stays as it was.
CREATE TABLE wins_addendum (
    id             uuid PRIMARY KEY,
    publication_id uuid NOT NULL REFERENCES wins_publication ON DELETE CASCADE,
    text           text NOT NULL,
    by_id          uuid REFERENCES person ON DELETE SET NULL,
    at             timestamptz NOT NULL
);
CREATE INDEX wins_addendum_publication_idx ON wins_addendum (publication_id, at);

-- Thanks, questions and answers under a line.
CREATE TABLE wins_word (
    id             uuid PRIMARY KEY,
    publication_id uuid NOT NULL REFERENCES wins_publication ON DELETE CASCADE,
    entry_id       uuid NOT NULL REFERENCES wins_entry ON DELETE CASCADE,
    kind           text NOT NULL CONSTRAINT wins_word_kind_known CHECK (kind IN ('thanks', 'question', 'answer')),
    text           text NOT NULL DEFAULT '',
    by_id          uuid REFERENCES person ON DELETE SET NULL,
    at             timestamptz NOT NULL
);
CREATE INDEX wins_word_publication_idx ON wins_word (publication_id, at);
CREATE UNIQUE INDEX wins_word_thanks_once ON wins_word (entry_id, by_id) WHERE kind = 'thanks';

-- A secret address of a feed: only a hash of it is kept.
CREATE TABLE wins_feed (
    id           uuid PRIMARY KEY,
    person_id    uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    team_id      uuid REFERENCES team ON DELETE CASCADE, -- null: of all that the person may read
    hash         bytea NOT NULL CONSTRAINT wins_feed_hash_key UNIQUE,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz
);
CREATE INDEX wins_feed_person_idx ON wins_feed (person_id);

-- What was published stays, whoever writes to the table.
CREATE FUNCTION wins_keep_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'wins_publication' THEN
        IF (NEW.document, NEW.hash, NEW.update_id, NEW.published_at) IS DISTINCT FROM (OLD.document, OLD.hash, OLD.update_id, OLD.published_at) THEN
            RAISE EXCEPTION 'what was published stays as it is' USING ERRCODE = 'check_violation', CONSTRAINT = 'wins_publication_stays';
        END IF;
    ELSIF OLD.publication_id IS NOT NULL
        AND (NEW.summary, NEW.situation, NEW.action, NEW.result, NEW.numbers, NEW.sensitivity, NEW.publication_id, NEW.kind)
            IS DISTINCT FROM (OLD.summary, OLD.situation, OLD.action, OLD.result, OLD.numbers, OLD.sensitivity, OLD.publication_id, OLD.kind) THEN
        RAISE EXCEPTION 'what was published stays as it is' USING ERRCODE = 'check_violation', CONSTRAINT = 'wins_entry_stays';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wins_publication_stays BEFORE UPDATE ON wins_publication FOR EACH ROW EXECUTE FUNCTION wins_keep_published();
CREATE TRIGGER wins_entry_stays BEFORE UPDATE ON wins_entry FOR EACH ROW EXECUTE FUNCTION wins_keep_published();

-- How near a person is to each team: 3 in it, or its lead or deputy; 2 leads or stands in for a team above it, or one that hands to
-- the same team; 1 is in, or leads, a team below it. No row: nothing of the sort. The rules of who sees what rest on this alone.
CREATE FUNCTION wins_nearness(me uuid, at timestamptz) RETURNS TABLE (team_id uuid, grade integer) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE
        mine AS (
            SELECT m.team_id AS id FROM membership m
            WHERE m.person_id = me AND m.valid_from <= at AND (m.valid_until IS NULL OR m.valid_until > at)
        ),
        led AS (
            SELECT t.id, t.parent_id FROM team t WHERE t.lead_id = me
            UNION
            SELECT t.id, t.parent_id FROM wins_deputy d JOIN team t ON t.id = d.team_id WHERE d.person_id = me
        ),
        below AS (
            SELECT led.id, 0 AS depth FROM led
            UNION
            SELECT t.id, b.depth + 1 FROM below b JOIN team t ON t.parent_id = b.id WHERE b.depth < 32
        ),
        above AS (
            SELECT t.id, t.parent_id, 0 AS depth FROM team t WHERE t.id IN (SELECT id FROM mine UNION SELECT id FROM led)
            UNION
            SELECT t.id, t.parent_id, a.depth + 1 FROM above a JOIN team t ON t.id = a.parent_id WHERE a.depth < 32
        ),
        near AS (
            SELECT id, 3 AS grade FROM mine
            UNION ALL SELECT id, 3 FROM led
            UNION ALL SELECT id, 2 FROM below
            UNION ALL SELECT t.id, 2 FROM led JOIN team t ON t.parent_id = led.parent_id
            -- where the tree has steps that take no part, peers are those whose update went to the same one
            UNION ALL SELECT other.team_id, 2
                FROM led JOIN wins_update own ON own.team_id = led.id
                     JOIN wins_cycle c ON c.id = own.cycle_id AND c.published_at IS NULL
                     JOIN wins_update other ON other.parent_id = own.parent_id
            UNION ALL SELECT id, 1 FROM above
        )
    SELECT near.id, max(near.grade) FROM near GROUP BY near.id
$$;

-- The publications that a person may read.
CREATE FUNCTION wins_readable(me uuid, at timestamptz) RETURNS TABLE (publication_id uuid) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE
        near AS MATERIALIZED (SELECT n.team_id, n.grade FROM wins_nearness(me, at) n),
        -- the teams that a member of a list may stand for: those the person is in, and all above them
        mine AS (
            SELECT t.id, t.parent_id, 0 AS depth FROM membership m JOIN team t ON t.id = m.team_id
            WHERE m.person_id = me AND m.valid_from <= at AND (m.valid_until IS NULL OR m.valid_until > at)
            UNION
            SELECT t.id, t.parent_id, x.depth + 1 FROM mine x JOIN team t ON t.id = x.parent_id WHERE x.depth < 32
        ),
        listed AS MATERIALIZED (
            SELECT DISTINCT l.team_id FROM wins_list l JOIN wins_list_member lm ON lm.list_id = l.id
            WHERE lm.person_id = me OR lm.team_id IN (SELECT id FROM mine)
        )
    SELECT p.id FROM wins_publication p
    WHERE p.audience = 'everyone'
       OR p.team_id IN (SELECT near.team_id FROM near)
       OR p.team_id IN (SELECT listed.team_id FROM listed)
       OR EXISTS (SELECT FROM wins_update u WHERE u.id = p.update_id AND u.delegate_id = me)
$$;

-- The entries that a person may see, and the one place that says so:
--   in the team all of it, also what is a draft and what stays there; whoever writes an update for the team, all of that update;
--   who wrote an entry or is credited in it, that one, but not what a level above is still making of it;
--   above it and beside it what was handed up, but not what stays in the team;
--   readers of a publication, its lines;
--   whoever answers for a team that a challenge names, that challenge, once it was shown to them.
-- It names no part of itself by WITH, so that a statement that joins it looks at its own rows only and not at all entries.
CREATE FUNCTION wins_visible(me uuid, at timestamptz) RETURNS TABLE (entry_id uuid) LANGUAGE sql STABLE AS $$
    SELECT e.id FROM wins_entry e
         LEFT JOIN wins_update u ON u.id = e.update_id
         LEFT JOIN wins_nearness(me, at) near ON near.team_id = e.team_id
    WHERE near.grade = 3
       OR u.delegate_id = me
       OR e.created_by = me
       -- a line that a level above makes of it is told to them when it is handed up
       OR (EXISTS (SELECT FROM wins_credit c WHERE c.entry_id = e.id AND c.person_id = me)
           AND (u.state IN ('submitted', 'published') AND e.sensitivity <> 'team' OR NOT EXISTS (SELECT FROM wins_origin o WHERE o.line_id = e.id)))
       OR (near.grade = 2 AND e.sensitivity <> 'team' AND u.state IN ('submitted', 'published'))
       OR (e.sensitivity = 'publish' AND e.publication_id IN (SELECT r.publication_id FROM wins_readable(me, at) r))
       OR (e.kind = 'challenge' AND e.sensitivity = 'publish' AND u.state IN ('submitted', 'published')
           AND EXISTS (SELECT FROM wins_naming n JOIN team t ON t.id = n.team_id LEFT JOIN team a ON a.id = t.parent_id
                       WHERE n.entry_id = e.id AND n.shown_at IS NOT NULL
                         AND (t.lead_id = me OR t.lead_id IS NULL AND a.lead_id = me
                              OR EXISTS (SELECT FROM wins_deputy d WHERE d.team_id = t.id AND d.person_id = me))))
$$;

-- Who owes an update: whoever was asked to write it, else the lead, while that one is away the deputy, and where there is neither the
-- nearest lead above.
CREATE FUNCTION wins_owed_by(delegate uuid, whose uuid, at timestamptz) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT p.id FROM person p WHERE p.id = delegate AND p.active),
        (SELECT p.id FROM team t JOIN person p ON p.id = t.lead_id
         WHERE t.id = whose AND p.active
           AND NOT EXISTS (SELECT FROM away_span a WHERE a.person_id = p.id AND a.starts_at <= at AND a.ends_at > at)),
        (SELECT p.id FROM wins_deputy d JOIN person p ON p.id = d.person_id WHERE d.team_id = whose AND p.active),
        (WITH RECURSIVE up AS (
             SELECT t.parent_id, t.lead_id, 0 AS depth FROM team t WHERE t.id = whose
             UNION ALL
             SELECT t.parent_id, t.lead_id, up.depth + 1 FROM up JOIN team t ON t.id = up.parent_id WHERE up.depth < 32)
         SELECT p.id FROM up JOIN person p ON p.id = up.lead_id WHERE p.active ORDER BY up.depth LIMIT 1))
$$;
