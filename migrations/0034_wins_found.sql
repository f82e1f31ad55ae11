-- Wins and challenges that are found quickly however many there are, letters each of which can be stopped, and acts that are told to few.

-- How near a person is to each team: 3 in it, or its lead or deputy; 2 leads or stands in for a team above it, or one that hands to
-- the same team; 1 is in, or leads, a team below it. No row: nothing of the sort. The rules of who sees what rest on this alone.
-- It keeps its plan with the connection: nearly every statement about entries asks for it, and planning it there each time cost more
-- than answering.
CREATE OR REPLACE FUNCTION wins_nearness(me uuid, at timestamptz) RETURNS TABLE (team_id uuid, grade integer)
LANGUAGE plpgsql STABLE ROWS 30 AS $$
BEGIN
    RETURN QUERY
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
            SELECT t.id, t.parent_id, 0 AS depth FROM team t WHERE t.id IN (SELECT mine.id FROM mine UNION SELECT led.id FROM led)
            UNION
            SELECT t.id, t.parent_id, a.depth + 1 FROM above a JOIN team t ON t.id = a.parent_id WHERE a.depth < 32
        ),
        near AS (
            SELECT mine.id, 3 AS n FROM mine
            UNION ALL SELECT led.id, 3 FROM led
            UNION ALL SELECT below.id, 2 FROM below
            UNION ALL SELECT t.id, 2 FROM led JOIN team t ON t.parent_id = led.parent_id
            -- where the tree has steps that take no part, peers are those whose update went to the same one
            UNION ALL SELECT other.team_id, 2
                FROM led JOIN wins_update own ON own.team_id = led.id
                     JOIN wins_cycle c ON c.id = own.cycle_id AND c.published_at IS NULL
                     JOIN wins_update other ON other.parent_id = own.parent_id
            UNION ALL SELECT above.id, 1 FROM above
        )
    SELECT near.id, max(near.n) FROM near GROUP BY near.id;
END $$;

-- The teams whose publications for their circle a person reads: those they are near to, and those on whose lists they are, by themselves
-- or through a team of theirs or one above it.
CREATE FUNCTION wins_circles(me uuid, at timestamptz) RETURNS TABLE (team_id uuid) LANGUAGE plpgsql STABLE ROWS 30 AS $$
BEGIN
    RETURN QUERY
    WITH RECURSIVE mine AS (
        SELECT t.id, t.parent_id, 0 AS depth FROM membership m JOIN team t ON t.id = m.team_id
        WHERE m.person_id = me AND m.valid_from <= at AND (m.valid_until IS NULL OR m.valid_until > at)
        UNION
        SELECT t.id, t.parent_id, x.depth + 1 FROM mine x JOIN team t ON t.id = x.parent_id WHERE x.depth < 32)
    SELECT n.team_id FROM wins_nearness(me, at) n
    UNION
    SELECT l.team_id FROM wins_list l JOIN wins_list_member lm ON lm.list_id = l.id
    WHERE lm.person_id = me OR lm.team_id IN (SELECT mine.id FROM mine);
END $$;

-- The publications that a person may read.
CREATE OR REPLACE FUNCTION wins_readable(me uuid, at timestamptz) RETURNS TABLE (publication_id uuid) LANGUAGE sql STABLE AS $$
    SELECT p.id FROM wins_publication p
    WHERE p.audience = 'everyone'
       OR p.team_id IN (SELECT c.team_id FROM wins_circles(me, at) c)
       OR p.update_id IN (SELECT u.id FROM wins_update u WHERE u.delegate_id = me)
$$;

-- The entries that a person may see, with what statements look at most, and the one place that says which those are:
--   in the team all of it, also what is a draft and what stays there; whoever writes an update for the team, all of that update;
--   who wrote an entry or is credited in it, that one, but not what a level above is still making of it;
--   above it and beside it what was handed up, but not what stays in the team;
--   readers of a publication, its lines;
--   whoever answers for a team that a challenge names, that challenge, once it was shown to them.
-- `readable` says whether they may read the publication that it is in, as wins_readable has it.
-- Each entry is looked at once, with its own update and publication beside it: sets of all publications and all entries, which stood
-- here before, were made anew for every statement, however few entries it was about. It names no part of itself by WITH, so that a
-- statement that joins it looks at its own rows only.
CREATE FUNCTION wins_seen(me uuid, at timestamptz) RETURNS TABLE (
    entry_id uuid, team_id uuid, update_id uuid, kind text, topic text, created_by uuid, words tsvector,
    state text, cycle_id uuid, publication_id uuid, readable boolean
) LANGUAGE sql STABLE AS $$
    SELECT e.id, e.team_id, e.update_id, e.kind, e.topic, e.created_by, e.words, u.state, u.cycle_id, p.id,
           p.audience = 'everyone' OR u.delegate_id = me OR p.team_id IN (SELECT c.team_id FROM wins_circles(me, at) c)
    FROM wins_entry e
         LEFT JOIN wins_update u ON u.id = e.update_id
         LEFT JOIN wins_publication p ON p.id = e.publication_id
         LEFT JOIN wins_nearness(me, at) near ON near.team_id = e.team_id
    WHERE near.grade = 3
       OR (e.sensitivity = 'publish' AND (p.audience = 'everyone' OR p.team_id IN (SELECT c.team_id FROM wins_circles(me, at) c)))
       OR (near.grade = 2 AND e.sensitivity <> 'team' AND u.state IN ('submitted', 'published'))
       OR u.delegate_id = me
       OR e.created_by = me
       -- a line that a level above makes of it is told to them when it is handed up
       OR (EXISTS (SELECT FROM wins_credit c WHERE c.entry_id = e.id AND c.person_id = me)
           AND (u.state IN ('submitted', 'published') AND e.sensitivity <> 'team' OR NOT EXISTS (SELECT FROM wins_origin o WHERE o.line_id = e.id)))
       OR (e.kind = 'challenge' AND e.sensitivity = 'publish' AND u.state IN ('submitted', 'published')
           AND EXISTS (SELECT FROM wins_naming n JOIN team t ON t.id = n.team_id LEFT JOIN team a ON a.id = t.parent_id
                       WHERE n.entry_id = e.id AND n.shown_at IS NOT NULL
                         AND (t.lead_id = me OR t.lead_id IS NULL AND a.lead_id = me
                              OR EXISTS (SELECT FROM wins_deputy d WHERE d.team_id = t.id AND d.person_id = me))))
$$;

-- The same, for statements that have the rest of the entry themselves.
CREATE OR REPLACE FUNCTION wins_visible(me uuid, at timestamptz) RETURNS TABLE (entry_id uuid) LANGUAGE sql STABLE AS $$
    SELECT s.entry_id FROM wins_seen(me, at) s
$$;

-- The teams to whose chain a person belongs: those they are in, lead or stand in for, and all below those that they lead or stand in for.
CREATE FUNCTION wins_chain(me uuid, at timestamptz) RETURNS TABLE (team_id uuid) LANGUAGE plpgsql STABLE ROWS 30 AS $$
BEGIN
    RETURN QUERY
    WITH RECURSIVE below AS (
        SELECT t.id, 0 AS depth FROM team t
        WHERE t.lead_id = me OR t.id IN (SELECT d.team_id FROM wins_deputy d WHERE d.person_id = me)
        UNION
        SELECT t.id, b.depth + 1 FROM below b JOIN team t ON t.parent_id = b.id WHERE b.depth < 32)
    SELECT below.id FROM below
    UNION
    SELECT m.team_id FROM membership m
    WHERE m.person_id = me AND m.valid_from <= at AND (m.valid_until IS NULL OR m.valid_until > at);
END $$;

-- Acts that are told only to the chain of this team, to whoever did them, and to admins: how a team takes part in wins and challenges,
-- and who is on its lists. No reference: what was told to few stays so when the team is gone.
ALTER TABLE activity ADD COLUMN near_team_id uuid;

UPDATE activity a SET near_team_id = t.id
FROM team t
WHERE a.verb IN ('wins.submitted', 'wins.quiet', 'wins.recalled', 'wins.delegated', 'wins.limits-set', 'wins.audience-set')
  AND split_part(split_part(a.subject, ':', 2), '/', 1) = t.slug;
UPDATE activity a SET near_team_id = t.id
FROM team t
WHERE a.verb IN ('wins.list-made', 'wins.list-deleted', 'wins.list-joined', 'wins.list-left', 'wins.address-allowed', 'wins.letters-stopped')
  AND a.subject = 'team:' || t.slug;
UPDATE activity a SET near_team_id = p.team_id
FROM wins_publication p
WHERE a.verb = 'wins.published' AND a.at = p.published_at AND p.audience = 'circle'
  AND a.subject = 'team:' || (SELECT t.slug FROM team t WHERE t.id = p.team_id);
UPDATE activity a SET near_team_id = p.team_id
FROM wins_publication p
WHERE a.verb IN ('wins.letter-sent', 'wins.letter-failed') AND a.subject = 'publication:' || p.id;

-- Secrets in the links of letters, by which their readers stop them: only hashes are kept, one for each letter, since people look for such
-- a link in whichever letter they find. A secret stands for whoever read the letter on all lists of the team; with the last of these
-- memberships it is gone.
CREATE TABLE wins_stop (
    hash      bytea NOT NULL,
    member_id uuid NOT NULL REFERENCES wins_list_member ON DELETE CASCADE,
    PRIMARY KEY (hash, member_id)
);
CREATE INDEX wins_stop_member_idx ON wins_stop (member_id);
INSERT INTO wins_stop (hash, member_id) SELECT stop_hash, id FROM wins_list_member WHERE stop_hash IS NOT NULL;
ALTER TABLE wins_list_member DROP COLUMN stop_hash;
