-- Two costs that grew with the catalog, taken out of what people wait for.

-- Whether a team has somebody: an active member or lead, in the team itself or in a team below it. One team is asked
-- about far more often than all (every service view does), so the walk begins at that team and ends at the first
-- person found. In PL/pgSQL, because that keeps the plan.
CREATE FUNCTION team_is_staffed(team uuid) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (
        WITH RECURSIVE below (id, lead_id) AS (
            SELECT t.id, t.lead_id FROM team t WHERE t.id = $1
            UNION
            SELECT c.id, c.lead_id FROM below JOIN team c ON c.parent_id = below.id)
        SELECT FROM below CROSS JOIN LATERAL (
            (SELECT FROM membership m JOIN person p ON p.id = m.person_id
             WHERE m.team_id = below.id AND p.active
               AND m.valid_from <= now() AND (m.valid_until IS NULL OR m.valid_until > now()) LIMIT 1)
            UNION ALL
            (SELECT FROM person p WHERE p.id = below.lead_id AND p.active)) somebody);
END $$;

CREATE OR REPLACE VIEW staffed_team AS SELECT id FROM team WHERE team_is_staffed(id);

-- As before, but that an empty team is asked for by itself, so that the findings of one entity ask about one team.
CREATE OR REPLACE VIEW finding AS
SELECT e.id AS entity_id, e.ref, e.owner_team_id, 'no-owner' AS kind, 10 + coalesce(e.tier, 4) AS weight,
       coalesce(o.valid_from, e.created_at) AS since, '{}'::text[] AS detail
FROM entity e LEFT JOIN ownership o ON o.entity_id = e.id AND o.valid_until IS NULL
WHERE e.owner_ref IS NULL AND e.kind IN ('component', 'api', 'resource', 'system', 'domain')
UNION ALL
SELECT e.id, e.ref, e.owner_team_id, 'owner-unknown', 20 + coalesce(e.tier, 4),
       coalesce(o.valid_from, e.created_at), ARRAY[e.owner_ref]
FROM entity e LEFT JOIN ownership o ON o.entity_id = e.id AND o.valid_until IS NULL
WHERE e.owner_ref IS NOT NULL AND e.owner_team_id IS NULL AND e.owner_person_id IS NULL
UNION ALL
SELECT e.id, e.ref, e.owner_team_id, 'team-empty', 30 + coalesce(e.tier, 4),
       greatest(coalesce(o.valid_from, e.created_at), (SELECT max(m.valid_until) FROM membership m WHERE m.team_id = e.owner_team_id)),
       ARRAY[t.name]
FROM entity e JOIN team t ON t.id = e.owner_team_id
     LEFT JOIN ownership o ON o.entity_id = e.id AND o.valid_until IS NULL
WHERE NOT team_is_staffed(t.id)
UNION ALL
SELECT e.id, e.ref, e.owner_team_id, 'owner-inactive', 40 + coalesce(e.tier, 4), p.updated_at, ARRAY[p.name]
FROM entity e JOIN person p ON p.id = e.owner_person_id
WHERE NOT p.active
UNION ALL
SELECT e.id, e.ref, e.owner_team_id, 'no-runbook', 50 + e.tier, e.created_at, '{}'
FROM entity e
WHERE e.kind = 'component' AND e.tier <= 1 AND e.runbook IS NULL
UNION ALL
SELECT e.id, e.ref, e.owner_team_id, 'orphaned', 60 + coalesce(e.tier, 4), e.orphaned_at, ARRAY[coalesce(s.name, '')]
FROM entity e LEFT JOIN source s ON s.id = e.source_id
WHERE e.orphaned_at IS NOT NULL
UNION ALL
SELECT e.id, e.ref, e.owner_team_id, 'dangling', 70 + coalesce(e.tier, 4), e.updated_at, array_agg(DISTINCT d.far)
FROM (SELECT r.declared_by, r.to_ref AS far FROM relation r WHERE NOT EXISTS (SELECT 1 FROM entity f WHERE f.ref = r.to_ref)
      UNION ALL
      SELECT r.declared_by, r.from_ref FROM relation r WHERE NOT EXISTS (SELECT 1 FROM entity f WHERE f.ref = r.from_ref)) d
     JOIN entity e ON e.id = d.declared_by
GROUP BY e.id, e.ref, e.owner_team_id, e.tier, e.updated_at
UNION ALL
SELECT e.id, e.ref, e.owner_team_id, 'descriptor-drift', 80 + coalesce(e.tier, 4), coalesce(o.valid_from, e.updated_at),
       ARRAY[e.owner_declared, s.name, coalesce(e.location, '')]
FROM entity e JOIN source s ON s.id = e.source_id
     LEFT JOIN ownership o ON o.entity_id = e.id AND o.valid_until IS NULL
WHERE e.owner_declared IS NOT NULL AND e.owner_declared IS DISTINCT FROM e.owner_ref
UNION ALL
-- whether this is asked at all, and after how long, is a setting: the reader filters by `since`
SELECT e.id, e.ref, e.owner_team_id, 'not-confirmed', 90 + coalesce(e.tier, 4),
       coalesce(e.owner_confirmed_at, o.valid_from, e.created_at), '{}'
FROM entity e LEFT JOIN ownership o ON o.entity_id = e.id AND o.valid_until IS NULL
WHERE e.owner_team_id IS NOT NULL AND e.kind IN ('component', 'api', 'resource', 'system', 'domain');

-- Likeness of names was kept by an index of three-letter pieces: nearly a third of the cost of taking a catalog in, for
-- one question on one page. That page now compares only names that share a word, which another index finds.
ALTER TABLE entity DROP COLUMN search_name;
