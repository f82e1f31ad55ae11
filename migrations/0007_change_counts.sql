-- Changes are told for ever: a portal of a thousand services gets a million of them in a year or two. Every page of
-- changes says how many there are, which environments exist and what runs where; asked of the rows themselves, each
-- of these reads the whole table. So, as with the facets of the catalog, the counts are kept: one row per entity,
-- environment and status, which is a few thousand however long the portal has run.
--
-- A trigger keeps them, so that no statement can forget it. Changes of one entity are written one after the other
-- (its row is locked first), so writers never wait for each other here.
CREATE TABLE change_count (
    entity_id   uuid NOT NULL REFERENCES entity ON DELETE CASCADE,
    environment text NOT NULL,
    status      text NOT NULL,
    n           bigint NOT NULL,
    PRIMARY KEY (entity_id, environment, status)
);

CREATE FUNCTION count_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE change_count SET n = n - 1
        WHERE entity_id = OLD.entity_id AND environment = OLD.environment AND status = OLD.status;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO change_count AS c (entity_id, environment, status, n)
        VALUES (NEW.entity_id, NEW.environment, NEW.status, 1)
        ON CONFLICT (entity_id, environment, status) DO UPDATE SET n = c.n + 1;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER change_counted AFTER INSERT OR DELETE OR UPDATE OF entity_id, environment, status ON change
    FOR EACH ROW EXECUTE FUNCTION count_changes();

INSERT INTO change_count (entity_id, environment, status, n)
SELECT entity_id, environment, status, count(*) FROM change GROUP BY 1, 2, 3;

-- The newest of an environment, or of those that went wrong, without passing all the others.
CREATE INDEX change_environment_idx ON change (environment, started_at DESC, id DESC);
CREATE INDEX change_unwell_idx ON change (status, started_at DESC, id DESC) WHERE status <> 'succeeded';

-- The log is counted to ten thousand and no further. What is rare in it (acts through a command, say) is found by an
-- index, for a bound helps only where there is much to count.
CREATE INDEX activity_via_idx ON activity (via, id DESC);
