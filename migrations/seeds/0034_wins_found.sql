INSERT INTO activity (id, at, actor, via, verb, subject, near_team_id) VALUES
    ('01900000-0000-7000-8000-000000003401', '2026-01-20 12:00Z', 'imke', 'page', 'wins.quiet', 'wins-update:basket/2026-w02', '01900000-0000-7000-8000-000000000021');
INSERT INTO wins_stop VALUES ('\x34', '01900000-0000-7000-8000-000000003213');
