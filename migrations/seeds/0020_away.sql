INSERT INTO away_calendar (person_id, host, address_sealed, set_at) VALUES
    ('01900000-0000-7000-8000-000000000001', 'calendar.seed.example', '\x05', '2026-01-03Z');
INSERT INTO away_span VALUES ('01900000-0000-7000-8000-000000000001', '2026-07-01Z', '2026-07-15Z');
