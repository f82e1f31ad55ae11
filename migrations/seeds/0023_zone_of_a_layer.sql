UPDATE rotation SET time_zone = 'America/Toronto' WHERE id = (SELECT id FROM rotation ORDER BY id LIMIT 1);
