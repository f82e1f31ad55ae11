-- Adds to what the seeds before this one wrote.
INSERT INTO source VALUES ('01900000-0000-7000-8000-000000000101', 'seed', '2026-01-01Z', '2026-01-01Z', '01900000-0000-7000-8000-000000000001');
INSERT INTO entity (id, kind, namespace, name, ref, owner_ref, owner_team_id, owner_declared, tier, descriptor, descriptor_hash, source_id, created_at, updated_at) VALUES
    ('01900000-0000-7000-8000-000000000111', 'component', 'default', 'cart', 'component:default/cart', 'group:default/basket', '01900000-0000-7000-8000-000000000021', 'group:default/basket', 1, '{}', '\x04', '01900000-0000-7000-8000-000000000101', '2026-01-01Z', '2026-01-01Z');
INSERT INTO relation VALUES ('01900000-0000-7000-8000-000000000111', 'component:default/cart', 'dependsOn', 'component:default/gone');
INSERT INTO entity_fact VALUES ('01900000-0000-7000-8000-000000000111', 'contact', '"#basket"', '01900000-0000-7000-8000-000000000001', '2026-01-01Z');
INSERT INTO ownership VALUES ('01900000-0000-7000-8000-000000000121', '01900000-0000-7000-8000-000000000111', 'group:default/basket', '2026-01-01Z', NULL, 'descriptor', NULL, '');
INSERT INTO ownership_confirmation VALUES ('01900000-0000-7000-8000-000000000131', '01900000-0000-7000-8000-000000000111', 'group:default/basket', '01900000-0000-7000-8000-000000000001', '2026-01-02Z');
