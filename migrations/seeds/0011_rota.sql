INSERT INTO holiday_calendar VALUES ('01900000-0000-7000-8000-000000000b01', '01900000-0000-7000-8000-000000000021', 'The Netherlands', 1, '2026-01-03Z', '2026-01-03Z');
INSERT INTO holiday VALUES ('01900000-0000-7000-8000-000000000b01', '2026-04-27', 'King''s day');
INSERT INTO schedule (id, team_id, slug, name, purpose, time_zone, holiday_calendar_id, projected_until, created_at, updated_at) VALUES
    ('01900000-0000-7000-8000-000000000b11', '01900000-0000-7000-8000-000000000021', 'seed-on-call', 'Seed', 'on-call', 'Europe/Amsterdam', '01900000-0000-7000-8000-000000000b01', '2026-07-01Z', '2026-01-03Z', '2026-01-03Z');
INSERT INTO schedule_layer VALUES ('01900000-0000-7000-8000-000000000b21', '01900000-0000-7000-8000-000000000b11', 'Days', 0, '2026-01-03Z');
INSERT INTO rotation (id, layer_id, valid_from, anchor, every, unit, participants, created_at) VALUES
    ('01900000-0000-7000-8000-000000000b31', '01900000-0000-7000-8000-000000000b21', '2026-01-05Z', '2026-01-05 09:00', 1, 'weeks', ARRAY['01900000-0000-7000-8000-000000000001']::uuid[], '2026-01-03Z');
INSERT INTO swap (id, schedule_id, asker_id, starts_at, ends_at, created_at) VALUES
    ('01900000-0000-7000-8000-000000000b41', '01900000-0000-7000-8000-000000000b11', '01900000-0000-7000-8000-000000000001', '2026-02-01Z', '2026-02-02Z', '2026-01-03Z');
INSERT INTO cover (id, schedule_id, kind, starts_at, ends_at, decided_at) VALUES
    ('01900000-0000-7000-8000-000000000b51', '01900000-0000-7000-8000-000000000b11', 'nobody', '2026-03-01Z', '2026-03-02Z', '2026-01-03Z');
INSERT INTO shift (id, schedule_id, uid, starts_at, ends_at, holder, person_id, via, changed_at) VALUES
    ('01900000-0000-7000-8000-000000000b61', '01900000-0000-7000-8000-000000000b11', 'seed-1', '2026-01-05Z', '2026-01-12Z', 'person', '01900000-0000-7000-8000-000000000001', 'rotation', '2026-01-03Z');
INSERT INTO calendar_feed (id, secret_hash, owner_id, created_at) VALUES
    ('01900000-0000-7000-8000-000000000b71', '\x0b', '01900000-0000-7000-8000-000000000001', '2026-01-03Z');
