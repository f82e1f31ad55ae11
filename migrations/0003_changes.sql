-- What was deployed, where, by whom, and how it went. Told by pipelines; the first thing an incident asks for.
CREATE TABLE change (
    id          uuid PRIMARY KEY,
    entity_id   uuid NOT NULL REFERENCES entity ON DELETE CASCADE,
    environment text NOT NULL,
    version     text NOT NULL,
    commit_id   text,
    deployed_by text NOT NULL DEFAULT '', -- as the pipeline says it; person_id when it names one of ours
    person_id   uuid REFERENCES person,
    reviewed_by text,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz,
    status      text NOT NULL CONSTRAINT change_status_known CHECK (status IN ('running', 'succeeded', 'failed', 'rolled-back')),
    outcome     text NOT NULL DEFAULT '', -- in words
    link        text,
    -- a pipeline may tell the same deployment twice, or again when it ends: (entity, key) is one change
    dedup_key   text NOT NULL,
    told_by     text NOT NULL,            -- 'api', 'github', 'gitlab'
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    CONSTRAINT change_dedup_key UNIQUE (entity_id, dedup_key),
    CONSTRAINT change_order CHECK (finished_at IS NULL OR finished_at >= started_at)
);
CREATE INDEX change_entity_idx ON change (entity_id, started_at DESC, id DESC);
CREATE INDEX change_where_idx ON change (entity_id, environment, started_at DESC, id DESC);
CREATE INDEX change_recent_idx ON change (started_at DESC, id DESC);

-- An address that a code host's deployment webhook is pointed at, with the secret it signs with.
CREATE TABLE change_hook (
    id           uuid PRIMARY KEY,
    kind         text NOT NULL CONSTRAINT change_hook_kind_known CHECK (kind IN ('github', 'gitlab')),
    name         text NOT NULL,
    -- HMAC needs the secret itself: XChaCha20-Poly1305 under the portal's key, nonce first
    secret_sealed bytea NOT NULL,
    created_by   uuid NOT NULL REFERENCES person,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at   timestamptz
);
