INSERT INTO job (id, kind, payload, dedup_key, due_at, max_attempts, created_at, finished_at, outcome) VALUES
    ('01900000-0000-7000-8000-000000001201', 'seed', '{}', NULL, '2026-01-03Z', 5, '2026-01-03Z', '2026-01-03Z', 'done'),
    ('01900000-0000-7000-8000-000000001202', 'seed', '{}', 'once', '2026-01-03Z', 5, '2026-01-03Z', NULL, NULL);
INSERT INTO webhook_endpoint (id, team_id, name, format, host, url_sealed, secret_sealed, created_by, created_at)
    SELECT '01900000-0000-7000-8000-000000001211', id, 'seed', 'standard', 'hooks.example.org', '\x05', '\x05', '01900000-0000-7000-8000-000000000001', '2026-01-03Z' FROM team LIMIT 1;
INSERT INTO notice (id, person_id, event, subject, body, link, reason, about_kind, about_id, created_at, give_up_at) VALUES
    ('01900000-0000-7000-8000-000000001221', '01900000-0000-7000-8000-000000000001', 'seed.told', 'Seed', '', '/', '', 'seed', '01900000-0000-7000-8000-000000001201', '2026-01-03Z', '2026-01-04Z');
