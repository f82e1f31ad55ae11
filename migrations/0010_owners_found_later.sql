-- An owner may be named before they are there. Whoever came by a descriptor was found by what belongs to them; a team or
-- person made in the portal was not, and never after: the same descriptor again changes nothing, and a hand-over to an
-- owner who is named already is refused. So it is done where teams and people are written, whoever writes them.
--
-- For each statement, not for each row: a catalog brings thousands of people at once.
CREATE FUNCTION find_owned_by_teams() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM new_rows n JOIN entity e ON e.owner_ref = n.ref WHERE e.owner_team_id IS DISTINCT FROM n.id) THEN
        UPDATE entity e SET owner_team_id = n.id, owner_person_id = NULL
        FROM new_rows n WHERE e.owner_ref = n.ref AND e.owner_team_id IS DISTINCT FROM n.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER team_found_insert AFTER INSERT ON team REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION find_owned_by_teams();
CREATE TRIGGER team_found_update AFTER UPDATE ON team REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION find_owned_by_teams();

-- Somebody who has left owns nothing anew.
CREATE FUNCTION find_owned_by_people() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM new_rows n JOIN entity e ON e.owner_ref = n.ref
               WHERE n.active AND e.owner_team_id IS NULL AND e.owner_person_id IS DISTINCT FROM n.id) THEN
        UPDATE entity e SET owner_person_id = n.id
        FROM new_rows n WHERE e.owner_ref = n.ref AND n.active AND e.owner_team_id IS NULL AND e.owner_person_id IS DISTINCT FROM n.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER person_found_insert AFTER INSERT ON person REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION find_owned_by_people();
CREATE TRIGGER person_found_update AFTER UPDATE ON person REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION find_owned_by_people();

-- Those who were not found so far.
UPDATE entity e SET owner_team_id = t.id, owner_person_id = NULL
FROM team t WHERE e.owner_ref = t.ref AND e.owner_team_id IS DISTINCT FROM t.id;
UPDATE entity e SET owner_person_id = p.id
FROM person p WHERE e.owner_ref = p.ref AND p.active AND e.owner_team_id IS NULL AND e.owner_person_id IS DISTINCT FROM p.id;
