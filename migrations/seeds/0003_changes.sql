INSERT INTO change (id, entity_id, environment, version, started_at, status, dedup_key, told_by, created_at, updated_at) VALUES
    ('01900000-0000-7000-8000-000000000201', '01900000-0000-7000-8000-000000000111', 'production', '1.0', '2026-01-03Z', 'succeeded', 'seed-1', 'api', '2026-01-03Z', '2026-01-03Z');
INSERT INTO change_hook VALUES ('01900000-0000-7000-8000-000000000211', 'github', 'seed', '\x05', '01900000-0000-7000-8000-000000000001', '2026-01-03Z');
