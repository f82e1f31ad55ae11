-- Whom the steps beside a schedule reach, on every way that pages may go over it: the written policies, and the usual steps
-- of teams that wrote none. Those stood nowhere but in code, and of a step for a lead nobody asked who that is: so it was not
-- seen that a lead who is on call is told the same page twice. Of a step for a team it is the schedule that it asks first, of
-- one for a lead the nearest lead who is here; the rules are those of `paging::who` and `Plan::implicit`, and a test holds
-- them together. A function of one schedule, in SQL alone: what asks about one schedule, or about those of one team, looks at
-- nothing else. `step` is the first of the two, counted from 1; `leads` says that the schedule is that one.
CREATE FUNCTION steps_beside(schedule uuid)
RETURNS TABLE (policy_id uuid, team_id uuid, step integer, leads boolean, schedule_id uuid, person_id uuid)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT way.policy_id, way.team_id, least(way.position, beside.position) + 1, way.position < beside.position, beside.schedule_id, beside.person_id
    FROM schedule s
         -- where it stands: by itself, as what its team is asked for, at the first of the usual steps of its team, and at the second
         -- of those that name its team as related
         CROSS JOIN LATERAL (
             SELECT p.id AS policy_id, p.team_id, e.position, NULL::uuid AS related_team_id
             FROM escalation_step e JOIN escalation_policy p ON p.id = e.policy_id
             WHERE e.schedule_id = s.id AND p.closed_at IS NULL
             UNION ALL
             SELECT asked.* FROM (
                 SELECT p.id, p.team_id, e.position, NULL::uuid
                 FROM escalation_step e JOIN escalation_policy p ON p.id = e.policy_id
                 WHERE e.team_id = s.team_id AND p.closed_at IS NULL
                 UNION ALL
                 SELECT NULL, s.team_id, 0, (SELECT g.related_team_id FROM team_paging g WHERE g.team_id = s.team_id)
                 WHERE NOT EXISTS (SELECT FROM escalation_policy p WHERE p.team_id = s.team_id AND p.is_default AND p.closed_at IS NULL)
                 UNION ALL
                 SELECT NULL, g.team_id, 1, g.related_team_id FROM team_paging g
                 WHERE g.related_team_id = s.team_id
                   AND NOT EXISTS (SELECT FROM escalation_policy p WHERE p.team_id = g.team_id AND p.is_default AND p.closed_at IS NULL)) asked
             WHERE NOT EXISTS (SELECT FROM schedule o WHERE o.team_id = s.team_id AND o.purpose = 'on-call' AND o.closed_at IS NULL
                               AND (o.created_at, o.id) < (s.created_at, s.id))) way
         CROSS JOIN LATERAL (
             SELECT x.position, coalesce(x.schedule_id, asked.id) AS schedule_id, coalesce(x.person_id, lead.id) AS person_id
             FROM (SELECT e.position, e.schedule_id, e.person_id, e.team_id, e.lead_of_id FROM escalation_step e
                   WHERE e.policy_id = way.policy_id AND e.position IN (way.position - 1, way.position + 1)
                   UNION ALL
                   SELECT usual.position, NULL, NULL, usual.team_id, usual.lead_of_id
                   FROM (VALUES (0, way.team_id, NULL::uuid), (1, way.related_team_id, NULL),
                                (CASE WHEN way.related_team_id IS NULL THEN 1 ELSE 2 END, NULL, way.team_id)) AS usual (position, team_id, lead_of_id)
                   WHERE way.policy_id IS NULL AND usual.position IN (way.position - 1, way.position + 1)) x
                  LEFT JOIN LATERAL (SELECT c.id FROM schedule c WHERE c.team_id = x.team_id AND c.purpose = 'on-call' AND c.closed_at IS NULL
                                     ORDER BY c.created_at, c.id LIMIT 1) asked ON true
                  LEFT JOIN LATERAL (
                      WITH RECURSIVE up (parent_id, id, depth) AS (
                          SELECT t.parent_id, (SELECT h.id FROM person h WHERE h.id = t.lead_id AND h.active), 0 FROM team t WHERE t.id = x.lead_of_id
                          UNION ALL
                          SELECT t.parent_id, (SELECT h.id FROM person h WHERE h.id = t.lead_id AND h.active), up.depth + 1
                          FROM up JOIN team t ON t.id = up.parent_id WHERE up.id IS NULL AND up.depth < 32)
                      SELECT up.id FROM up WHERE up.id IS NOT NULL) lead ON true) beside
    WHERE s.id = $1 AND s.closed_at IS NULL AND s.purpose = 'on-call' AND num_nonnulls(beside.schedule_id, beside.person_id) = 1
$$;
-- where it looks from a team
CREATE INDEX escalation_step_team_idx ON escalation_step (team_id) WHERE team_id IS NOT NULL;
CREATE INDEX team_paging_related_idx ON team_paging (related_team_id) WHERE related_team_id IS NOT NULL;

-- What is wrong, anew. It cost 260 ms with 1,300 schedules of on-call and 430,000 shifts, two thirds of it for people in two
-- places: the condition of that join, ends_at > greatest(starts_at, now), is none that an index knows or that narrows what is
-- joined, so all shifts there are were hashed. Now it is two conditions, and each question has its part: of all schedules, the
-- near shifts are gathered once along the index of each schedule and joined with themselves; of the schedules of some teams,
-- their near shifts are looked up among those of the same people. Which of the two is said by the second argument, the
-- teams that are asked about (null: all), because a planner cannot know it from outside. The other parts begin at what is
-- seldom: gaps, people who left or cannot be reached, absences.
-- `schedule-twice` tells besides of a step that names whoever is on call anyway. Of a schedule the first such time is told. Its
-- detail is the person and the other schedule; or the person, whose steps they are and how those came, and the two steps.
DROP FUNCTION schedule_finding(timestamptz);
CREATE INDEX shift_missing_idx ON shift (schedule_id, ends_at) WHERE cancelled_at IS NULL AND holder IN ('gap', 'vacant');
CREATE FUNCTION schedule_finding(at timestamptz, teams uuid[])
RETURNS TABLE (schedule_id uuid, ref text, title text, owner_team_id uuid, kind text, weight integer, since timestamptz, detail text[])
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    -- time that nobody has, or that somebody had who left
    SELECT s.id, 'schedule:' || s.slug, s.name, s.team_id, 'schedule-gap', 43, greatest(min(f.starts_at), $1), ARRAY[count(*)::text]
    FROM schedule s JOIN (
             SELECT m.schedule_id, m.starts_at FROM shift m
             WHERE m.cancelled_at IS NULL AND m.holder IN ('gap', 'vacant') AND m.ends_at > $1 AND m.starts_at < $1 + interval '56 days'
             UNION ALL
             SELECT m.schedule_id, m.starts_at FROM person p JOIN shift m ON m.person_id = p.id
             WHERE NOT p.active AND m.cancelled_at IS NULL AND m.holder = 'person' AND m.ends_at > $1 AND m.starts_at < $1 + interval '56 days') f
         ON f.schedule_id = s.id
    WHERE s.closed_at IS NULL AND ($2 IS NULL OR s.team_id = ANY($2))
    GROUP BY s.id
    UNION ALL
    SELECT s.id, 'schedule:' || s.slug, s.name, s.team_id, 'schedule-unreachable', 44, greatest(min(f.starts_at), $1), array_agg(DISTINCT p.name)
    FROM schedule s JOIN shift f ON f.schedule_id = s.id JOIN person p ON p.id = f.person_id
    WHERE s.closed_at IS NULL AND ($2 IS NULL OR s.team_id = ANY($2)) AND f.cancelled_at IS NULL AND f.ends_at > $1
      AND f.starts_at < $1 + interval '56 days' AND f.holder = 'person' AND p.active AND p.email IS NULL AND p.phone IS NULL
    GROUP BY s.id
    UNION ALL
    SELECT s.id, 'schedule:' || s.slug, s.name, s.team_id, 'schedule-twice', 48, twice.since, twice.detail
    FROM (
        SELECT DISTINCT ON (w.schedule_id) w.schedule_id, w.since, ARRAY[p.name] || w.what AS detail
        FROM (
                 -- in two places, of all schedules
                 SELECT pair.schedule_id, pair.person_id, pair.since, 2 AS rank, ARRAY[pair.other] AS what
                 FROM (WITH near AS MATERIALIZED (
                           SELECT s.id, s.name, m.person_id, m.starts_at, m.ends_at
                           FROM schedule s CROSS JOIN LATERAL (
                               SELECT m.person_id, m.starts_at, m.ends_at FROM shift m
                               WHERE m.schedule_id = s.id AND m.cancelled_at IS NULL AND m.holder = 'person' AND m.ends_at > $1
                                 AND m.starts_at < $1 + interval '56 days' OFFSET 0) m
                           WHERE $2 IS NULL AND s.closed_at IS NULL AND s.purpose = 'on-call')
                       SELECT f.id AS schedule_id, f.person_id, greatest(f.starts_at, g.starts_at, $1) AS since, g.name AS other
                       FROM near f JOIN near g ON g.person_id = f.person_id AND g.id <> f.id AND g.ends_at > f.starts_at AND g.starts_at < f.ends_at) pair
                 UNION ALL
                 -- and of those of some teams
                 SELECT s.id, f.person_id, greatest(f.starts_at, g.starts_at, $1), 2, ARRAY[o.name]
                 FROM schedule s JOIN shift f ON f.schedule_id = s.id
                      JOIN shift g ON g.person_id = f.person_id AND g.schedule_id <> f.schedule_id AND g.ends_at > f.starts_at AND g.starts_at < f.ends_at
                      JOIN schedule o ON o.id = g.schedule_id AND o.purpose = 'on-call' AND o.closed_at IS NULL
                 WHERE s.team_id = ANY($2) AND s.closed_at IS NULL AND s.purpose = 'on-call'
                   AND f.cancelled_at IS NULL AND f.holder = 'person' AND f.ends_at > $1 AND f.starts_at < $1 + interval '56 days'
                   AND g.cancelled_at IS NULL AND g.holder = 'person' AND g.ends_at > $1 AND g.starts_at < $1 + interval '56 days'
                 UNION ALL
                 -- at two steps: the one beside names a person, or asks the same schedule again
                 SELECT s.id, f.person_id, greatest(f.starts_at, $1), 1,
                        ARRAY[coalesce((SELECT p.name FROM escalation_policy p WHERE p.id = b.policy_id), (SELECT t.name FROM team t WHERE t.id = b.team_id)),
                              CASE WHEN b.policy_id IS NULL THEN 'usual' ELSE 'policy' END, b.step::text, (b.step + 1)::text]
                 FROM schedule s CROSS JOIN LATERAL steps_beside(s.id) b
                      CROSS JOIN LATERAL (
                          SELECT m.person_id, m.starts_at FROM shift m
                          WHERE m.schedule_id = s.id AND m.cancelled_at IS NULL AND m.holder = 'person' AND m.ends_at > $1 AND m.starts_at < $1 + interval '56 days'
                            AND (m.person_id = b.person_id OR b.schedule_id = s.id) ORDER BY m.ends_at LIMIT 1) f
                 WHERE s.closed_at IS NULL AND s.purpose = 'on-call' AND ($2 IS NULL OR s.team_id = ANY($2))) w
             JOIN person p ON p.id = w.person_id AND p.active
        ORDER BY w.schedule_id, w.since, w.rank, w.what) twice
        JOIN schedule s ON s.id = twice.schedule_id
    UNION ALL
    SELECT s.id, 'schedule:' || s.slug, s.name, s.team_id, 'schedule-away', 49, min(greatest(f.starts_at, a.starts_at, $1)), array_agg(DISTINCT p.name)
    FROM away_span a JOIN shift f ON f.person_id = a.person_id AND f.ends_at > a.starts_at AND f.starts_at < a.ends_at
         JOIN schedule s ON s.id = f.schedule_id JOIN person p ON p.id = f.person_id
    WHERE s.closed_at IS NULL AND ($2 IS NULL OR s.team_id = ANY($2)) AND f.cancelled_at IS NULL AND f.ends_at > $1
      AND f.starts_at < $1 + interval '56 days' AND f.holder = 'person' AND p.active AND a.ends_at > $1
    GROUP BY s.id
$$;
