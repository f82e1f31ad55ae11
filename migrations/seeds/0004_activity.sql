INSERT INTO activity (id, at, actor_id, actor, via, verb, subject, entity_id) VALUES
    ('01900000-0000-7000-8000-000000000301', '2026-01-03Z', '01900000-0000-7000-8000-000000000001', 'imke', 'page', 'entity.created', 'component:default/cart', '01900000-0000-7000-8000-000000000111');
