-- What a portal of this age may hold: see crates/domain/tests/it/migrations.rs.
INSERT INTO person (id, handle, name, email, admin, created_at, updated_at) VALUES
    ('01900000-0000-7000-8000-000000000001', 'imke', 'Imke', 'imke@seed.example', true, '2026-01-01Z', '2026-01-01Z'),
    ('01900000-0000-7000-8000-000000000002', 'hui', 'Hui', NULL, false, '2026-01-01Z', '2026-01-01Z');
UPDATE person SET manager_id = '01900000-0000-7000-8000-000000000001' WHERE handle = 'hui';
INSERT INTO identity_link VALUES ('01900000-0000-7000-8000-000000000011', '01900000-0000-7000-8000-000000000001', 'https://id.seed.example', 'imke', '2026-01-01Z');
INSERT INTO team (id, slug, name, lead_id, roles, created_at, updated_at) VALUES
    ('01900000-0000-7000-8000-000000000021', 'basket', 'Basket', '01900000-0000-7000-8000-000000000001', '{service-development}', '2026-01-01Z', '2026-01-01Z');
INSERT INTO membership VALUES ('01900000-0000-7000-8000-000000000031', '01900000-0000-7000-8000-000000000021', '01900000-0000-7000-8000-000000000002', '2026-01-01Z', NULL, 'portal');
INSERT INTO membership_said VALUES ('group:default/basket', 'group:default/basket', 'user:default/hui');
INSERT INTO session VALUES ('01900000-0000-7000-8000-000000000041', '01900000-0000-7000-8000-000000000001', '\x01', 'seed', '', '2026-01-01Z', '2026-01-01Z', '2026-02-01Z');
INSERT INTO api_token VALUES ('01900000-0000-7000-8000-000000000051', '01900000-0000-7000-8000-000000000001', 'pipeline', 'write', '\x02', '2026-01-01Z');
INSERT INTO sign_in_link VALUES ('01900000-0000-7000-8000-000000000061', NULL, '\x03', '2026-01-01Z', '2026-01-02Z', NULL);
INSERT INTO sign_in_failure VALUES ('01900000-0000-7000-8000-000000000071', 'imke', '127.0.0.1', '2026-01-01Z');
