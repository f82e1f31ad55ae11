INSERT INTO support_level VALUES ('01900000-0000-7000-8000-000000000021', 1, 'dependents', 'blocked', true, 60, 240, '01900000-0000-7000-8000-000000000001', '2026-01-05Z');
INSERT INTO support_request (id, team_id, entity_id, entity_ref, title, impact, category, level, first_answer_minutes, next_answer_minutes, state, asked_by, asked_at, due_at, updated_at) VALUES
    ('01900000-0000-7000-8000-000000001401', '01900000-0000-7000-8000-000000000021', '01900000-0000-7000-8000-000000000111', 'component:default/cart', 'Carts are empty', 'blocked', 'production-problem', 1, 60, 240, 'waiting', '01900000-0000-7000-8000-000000000002', '2026-01-05Z', '2026-01-05 10:00Z', '2026-01-05Z');
INSERT INTO support_event (id, request_id, at, kind, author_id) VALUES
    ('01900000-0000-7000-8000-000000001411', '01900000-0000-7000-8000-000000001401', '2026-01-05Z', 'asked', '01900000-0000-7000-8000-000000000002');
INSERT INTO support_note (team_id, week, text, written_by, written_at) VALUES
    ('01900000-0000-7000-8000-000000000021', '2026-01-05', 'The cart is the whole of it.', '01900000-0000-7000-8000-000000000001', '2026-01-09Z');
