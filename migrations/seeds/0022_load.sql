INSERT INTO action (id, team_id, title, owner_id, due_on, created_at, alert_rule) VALUES
    ('01900000-0000-7000-8000-000000002201', '01900000-0000-7000-8000-000000000021', 'Mend CartsEmpty', '01900000-0000-7000-8000-000000000002', '2026-02-01', '2026-01-05Z', 'CartsEmpty');
