-- What somebody outside told of a step may hold a credential: sealed, and forgotten when the step is done.
ALTER TABLE provisioning_step ALTER COLUMN called_back TYPE bytea USING NULL;

-- The same key with something else asked for is a mistake of whoever asks, and is told as one.
ALTER TABLE provisioning_request ADD COLUMN asked_hash bytea;

-- Figures of an offering are those of its last 90 days, and are read with every list of offerings.
CREATE INDEX provisioning_request_figures_idx ON provisioning_request (offering_id, submitted_at)
    WHERE action IS NULL AND state IN ('succeeded', 'failed', 'needs-attention');

-- What exists belongs to the team that owns its entity, as long as it has one. It is kept here too, so that the list of a
-- team is one look into an index: what owned both by way of a join could be found by no index at all.
CREATE FUNCTION provisioned_resource_follows_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE provisioned_resource SET team_id = NEW.owner_team_id WHERE entity_id = NEW.id AND team_id <> NEW.owner_team_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER provisioned_resource_follows_owner AFTER UPDATE OF owner_team_id ON entity FOR EACH ROW
    WHEN (NEW.owner_team_id IS NOT NULL AND NEW.owner_team_id IS DISTINCT FROM OLD.owner_team_id)
    EXECUTE FUNCTION provisioned_resource_follows_owner();
UPDATE provisioned_resource x SET team_id = e.owner_team_id FROM entity e
WHERE e.id = x.entity_id AND e.owner_team_id IS NOT NULL AND e.owner_team_id <> x.team_id;
