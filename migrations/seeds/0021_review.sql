INSERT INTO operational_review (id, team_id, number, week, content, is_early, frozen_by, frozen_at) VALUES
    ('01900000-0000-7000-8000-000000002101', '01900000-0000-7000-8000-000000000021', 1, '2026-01-05', '{"form": 1}', false, '01900000-0000-7000-8000-000000000001', '2026-01-12Z');
