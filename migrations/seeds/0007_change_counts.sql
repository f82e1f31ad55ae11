INSERT INTO change (id, entity_id, environment, version, started_at, status, dedup_key, told_by, created_at, updated_at) VALUES
    ('01900000-0000-7000-8000-000000000701', '01900000-0000-7000-8000-000000000111', 'staging', '1.1', '2026-01-04Z', 'failed', 'seed-7', 'api', '2026-01-04Z', '2026-01-04Z');
