-- How often a worker began at a step: what it takes outside is the last one's, whatever the clocks of the replicas say.
ALTER TABLE provisioning_step ADD COLUMN turns bigint NOT NULL DEFAULT 0;

-- An entity that goes is looked for here: without these each removal would read all requests and all that exists.
CREATE INDEX provisioning_request_service_idx ON provisioning_request (service_id) WHERE service_id IS NOT NULL;
CREATE INDEX provisioned_resource_service_idx ON provisioned_resource (service_id) WHERE service_id IS NOT NULL;
-- A support request says which provisioning request it was opened from.
CREATE INDEX provisioning_request_support_idx ON provisioning_request (support_number) WHERE support_number IS NOT NULL;
