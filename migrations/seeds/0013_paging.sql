INSERT INTO team (id, slug, name, created_at, updated_at) VALUES
    ('01900000-0000-7000-8000-000000001301', 'ledger', 'Ledger', '2026-01-05Z', '2026-01-05Z');
INSERT INTO team_paging VALUES ('01900000-0000-7000-8000-000000000021', '01900000-0000-7000-8000-000000001301', NULL, '2026-01-05Z');
INSERT INTO escalation_policy (id, team_id, slug, name, repeats, is_default, created_at, updated_at) VALUES
    ('01900000-0000-7000-8000-000000001311', '01900000-0000-7000-8000-000000000021', 'basket', 'Basket', 2, true, '2026-01-05Z', '2026-01-05Z');
INSERT INTO escalation_step (policy_id, position, person_id, minutes) VALUES
    ('01900000-0000-7000-8000-000000001311', 0, '01900000-0000-7000-8000-000000000001', 5);
INSERT INTO policy_assignment VALUES ('01900000-0000-7000-8000-000000000111', '01900000-0000-7000-8000-000000001311', NULL, '2026-01-05Z');
INSERT INTO alert_integration (id, team_id, kind, name, key_hash, routes, created_by, created_at) VALUES
    ('01900000-0000-7000-8000-000000001321', '01900000-0000-7000-8000-000000000021', 'alertmanager', 'seed', '\x0d', '[]', '01900000-0000-7000-8000-000000000001', '2026-01-05Z');
INSERT INTO alert_group (id, integration_id, key_hash, key, first_at, last_at) VALUES
    ('01900000-0000-7000-8000-000000001331', '01900000-0000-7000-8000-000000001321', '\x0d', 'seed', '2026-01-05Z', '2026-01-05Z');
INSERT INTO maintenance_window (id, entity_id, starts_at, ends_at, reason, created_at) VALUES
    ('01900000-0000-7000-8000-000000001341', '01900000-0000-7000-8000-000000000111', '2026-01-06Z', '2026-01-07Z', 'seed', '2026-01-05Z');
INSERT INTO page (id, state, team_id, entity_id, entity_ref, group_id, summary, severity, urgency, plan, opened_at, resolved_at) VALUES
    ('01900000-0000-7000-8000-000000001351', 'resolved', '01900000-0000-7000-8000-000000000021', '01900000-0000-7000-8000-000000000111', 'component:default/cart', '01900000-0000-7000-8000-000000001331', 'Seed', 'critical', 'now', '{"steps":[],"repeats":0}', '2026-01-05Z', '2026-01-05Z');
INSERT INTO alert (id, group_id, page_id, fingerprint, summary, severity, labels, fired_at, told_at, resolved_at) VALUES
    ('01900000-0000-7000-8000-000000001361', '01900000-0000-7000-8000-000000001331', '01900000-0000-7000-8000-000000001351', 'f', 'Seed', 'critical', '{}', '2026-01-05Z', '2026-01-05Z', '2026-01-05Z');
INSERT INTO page_event (id, page_id, at, kind) VALUES ('01900000-0000-7000-8000-000000001371', '01900000-0000-7000-8000-000000001351', '2026-01-05Z', 'opened');
INSERT INTO hand_over (id, schedule_id, at, since, from_id, body, created_at, updated_at)
SELECT '01900000-0000-7000-8000-000000001381', id, '2026-01-06Z', '2026-01-05Z', '01900000-0000-7000-8000-000000000001', 'Seed', '2026-01-06Z', '2026-01-06Z' FROM schedule LIMIT 1;
