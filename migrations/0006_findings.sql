-- What needs a person's hand in the catalog, each with since when and with what it speaks of.
--
-- A view and not a table: a finding is never out of date, and it is gone the moment it is repaired. Every branch starts
-- from an index (entity, owner's team), so the findings of one entity or one team cost only these.

-- Teams that have somebody: an active member or lead, in the team itself or in a team below it.
CREATE VIEW staffed_team AS
WITH RECURSIVE up (id) AS (
    SELECT m.team_id FROM membership m JOIN person p ON p.id = m.person_id AND p.active
    WHERE m.valid_from <= now() AND (m.valid_until IS NULL OR m.valid_until > now())
    UNION
    SELECT t.id FROM team t JOIN person p ON p.id = t.lead_id AND p.active
    UNION
    SELECT t.parent_id FROM up JOIN team t ON t.id = up.id WHERE t.parent_id IS NOT NULL)
SELECT id FROM up;

-- weight sorts: what would hurt first at night comes first, and within one kind the tier decides.
CREATE VIEW finding AS
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
WHERE e.owner_team_id NOT IN (SELECT id FROM staffed_team)
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
