-- An alert rule that wakes people too often, or for nothing, is mended by somebody until a day: that is an action like any
-- other, so it stands among the open actions of the team and in its reviews, and says besides which rule it is about.
-- Rules have no table: they are whatever monitoring calls its alerts by.
ALTER TABLE action ADD COLUMN alert_rule text CONSTRAINT action_alert_rule_length CHECK (length(alert_rule) BETWEEN 1 AND 500);
-- one promise for a rule at a time
CREATE UNIQUE INDEX action_alert_rule_key ON action (team_id, alert_rule) WHERE state = 'open' AND alert_rule IS NOT NULL;

-- What is wrong with schedules in the weeks to come, one row for each schedule and kind. A function and not a part of the
-- view `finding`, because what is to come is reckoned from the instant of the reader; in SQL alone, so that what a reader
-- asks for (one team, one kind) narrows it before anything is looked at. Each part begins with the open schedules and goes
-- along their shifts to come, of which eight weeks are few.
CREATE FUNCTION schedule_finding(at timestamptz)
RETURNS TABLE (schedule_id uuid, ref text, title text, owner_team_id uuid, kind text, weight integer, since timestamptz, detail text[])
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    -- time that nobody has, or that somebody had who left
    SELECT s.id, 'schedule:' || s.slug, s.name, s.team_id, 'schedule-gap', 43, greatest(min(f.starts_at), $1), ARRAY[count(*)::text]
    FROM schedule s JOIN shift f ON f.schedule_id = s.id LEFT JOIN person p ON p.id = f.person_id
    WHERE s.closed_at IS NULL AND f.cancelled_at IS NULL AND f.ends_at > $1 AND f.starts_at < $1 + interval '56 days'
      AND (f.holder IN ('gap', 'vacant') OR (f.holder = 'person' AND NOT p.active))
    GROUP BY s.id
    UNION ALL
    SELECT s.id, 'schedule:' || s.slug, s.name, s.team_id, 'schedule-unreachable', 44, greatest(min(f.starts_at), $1), array_agg(DISTINCT p.name)
    FROM schedule s JOIN shift f ON f.schedule_id = s.id JOIN person p ON p.id = f.person_id
    WHERE s.closed_at IS NULL AND f.cancelled_at IS NULL AND f.ends_at > $1 AND f.starts_at < $1 + interval '56 days'
      AND f.holder = 'person' AND p.active AND p.email IS NULL AND p.phone IS NULL
    GROUP BY s.id
    UNION ALL
    -- one person in two places: also where the one stands behind the other in a policy
    SELECT s.id, 'schedule:' || s.slug, s.name, s.team_id, 'schedule-twice', 48, min(greatest(f.starts_at, g.starts_at, $1)),
           ARRAY[(array_agg(p.name ORDER BY greatest(f.starts_at, g.starts_at), o.id))[1], (array_agg(o.name ORDER BY greatest(f.starts_at, g.starts_at), o.id))[1]]
    FROM schedule s JOIN shift f ON f.schedule_id = s.id JOIN person p ON p.id = f.person_id
         JOIN shift g ON g.person_id = f.person_id AND g.cancelled_at IS NULL AND g.holder = 'person' AND g.schedule_id <> f.schedule_id
              AND g.ends_at > greatest(f.starts_at, $1) AND g.starts_at < f.ends_at
         JOIN schedule o ON o.id = g.schedule_id AND o.purpose = 'on-call' AND o.closed_at IS NULL
    WHERE s.closed_at IS NULL AND s.purpose = 'on-call' AND f.cancelled_at IS NULL AND f.ends_at > $1
      AND f.starts_at < $1 + interval '56 days' AND f.holder = 'person' AND p.active
    GROUP BY s.id
    UNION ALL
    SELECT s.id, 'schedule:' || s.slug, s.name, s.team_id, 'schedule-away', 49, min(greatest(f.starts_at, a.starts_at, $1)), array_agg(DISTINCT p.name)
    FROM schedule s JOIN shift f ON f.schedule_id = s.id JOIN person p ON p.id = f.person_id
         JOIN away_span a ON a.person_id = f.person_id AND a.ends_at > greatest(f.starts_at, $1) AND a.starts_at < f.ends_at
    WHERE s.closed_at IS NULL AND f.cancelled_at IS NULL AND f.ends_at > $1 AND f.starts_at < $1 + interval '56 days'
      AND f.holder = 'person' AND p.active
    GROUP BY s.id
$$;
