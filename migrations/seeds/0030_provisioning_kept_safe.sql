UPDATE provisioning_step SET called_back = '\x29' WHERE id = '01900000-0000-7000-8000-000000002931';
UPDATE provisioning_request SET asked_hash = '\x29' WHERE id = '01900000-0000-7000-8000-000000002911';
