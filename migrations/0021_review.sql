-- Operational reviews: what a team looks back on each week. The view itself is kept nowhere: it is gathered from what the
-- other capabilities hold whenever it is looked at. Frozen it is kept whole, so that what was said over it stays what it was.

CREATE TABLE operational_review (
    id        uuid PRIMARY KEY,
    -- no cascade: what was frozen outlives the wish to tidy up
    team_id   uuid NOT NULL CONSTRAINT operational_review_team_fkey REFERENCES team,
    number    integer NOT NULL CONSTRAINT operational_review_number_range CHECK (number > 0), -- counted per team
    week      date NOT NULL CONSTRAINT operational_review_monday CHECK (extract(isodow FROM week) = 1),
    -- The whole view as one document and not as rows: nothing is ever asked of its parts, and rows that point at live ones
    -- would change with them. Its first field says in which form it is written.
    content   jsonb NOT NULL,
    note      text NOT NULL DEFAULT '', -- what the team says of the week; why it was frozen before its week was over
    is_early  boolean NOT NULL,         -- its week was not over
    frozen_by uuid NOT NULL REFERENCES person,
    frozen_at timestamptz NOT NULL,
    -- finds one by its number and lists those of a team, the last one first; two at once cannot have the same number
    CONSTRAINT operational_review_number_key UNIQUE (team_id, number)
);
-- the live view of a week says which snapshots there are of it
CREATE INDEX operational_review_week_idx ON operational_review (team_id, week, number);

-- That a snapshot never changes is not left to the program: whatever is written to it or taken from it is refused.
CREATE FUNCTION refuse_to_change_a_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a frozen operational review is never changed; freeze the week again for a new one'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER operational_review_stays BEFORE UPDATE OR DELETE ON operational_review
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_a_review();
CREATE TRIGGER operational_review_is_not_emptied BEFORE TRUNCATE ON operational_review
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_a_review();

-- In which zone the weeks of a team begin: that of its support schedule, else that of its lead, else of the nearest lead
-- above. The program asks the same for one team (levels, Hours::of_team), and a test holds the two together; here it is
-- for the view over all teams, which counts the weeks of each in one statement.
CREATE FUNCTION team_time_zone(team uuid) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(
        (SELECT s.time_zone FROM schedule s
         WHERE s.team_id = $1 AND s.purpose = 'support' AND s.closed_at IS NULL ORDER BY s.created_at, s.id LIMIT 1),
        (WITH RECURSIVE up AS (
             SELECT t.parent_id, t.lead_id, 0 AS depth FROM team t WHERE t.id = $1
             UNION ALL
             SELECT t.parent_id, t.lead_id, up.depth + 1 FROM up JOIN team t ON t.id = up.parent_id WHERE up.depth < 32)
         SELECT p.time_zone FROM up JOIN person p ON p.id = up.lead_id WHERE p.active ORDER BY up.depth LIMIT 1),
        'UTC')
$$;

-- What a team owned then: the changes of a week belong to whoever owned the thing in that week, whoever owns it now.
CREATE INDEX ownership_owner_idx ON ownership (owner_ref, valid_from);
-- What was promised and not done at an instant: few are open, so only those are worth an index, which there is; those that
-- were closed since are found by when.
CREATE INDEX action_closed_idx ON action (team_id, closed_at) WHERE closed_at IS NOT NULL;
