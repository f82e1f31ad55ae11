-- The catalog: entities, what they say about each other, who owns them and since when.

-- Where descriptors come from. A source owns the entities it brought in; two sources may not claim one entity.
CREATE TABLE source (
    id              uuid PRIMARY KEY,
    name            text NOT NULL CONSTRAINT source_name_key UNIQUE,
    created_at      timestamptz NOT NULL,
    last_applied_at timestamptz NOT NULL, -- how fresh every fact of this source is
    last_applied_by uuid REFERENCES person,
    CONSTRAINT source_name_shape CHECK (name ~ '^[a-z0-9]([a-z0-9._/-]{0,126}[a-z0-9])?$')
);

-- The choices an index can be narrowed by, as 'dimension=value'. One array and one GIN index serve every
-- combination of filters, and the counters below are kept from it. 'owner=' and 'tier=' (no value) are choices too.
CREATE FUNCTION entity_facets(type text, owner_ref text, tier smallint, lifecycle text, system_ref text, domain_ref text, tags text[])
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_remove(ARRAY[
        'type=' || type,
        'owner=' || coalesce(owner_ref, ''),
        'tier=' || coalesce(tier::text, ''),
        'lifecycle=' || lifecycle,
        'system=' || system_ref,
        'domain=' || domain_ref], NULL)
        || (SELECT coalesce(array_agg('tag=' || t), '{}') FROM unnest(tags) t)
$$;

-- Words as a search box means them: runs of letters and digits, in lower case.
CREATE FUNCTION plain_words(text text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_remove(regexp_split_to_array(lower(text), '[^[:alnum:]]+'), '')
$$;
-- array_to_string is only called stable, for element types that are not text
CREATE FUNCTION tag_words(tags text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_to_string(tags, ' ')
$$;

CREATE TABLE entity (
    id              uuid PRIMARY KEY,
    kind            text NOT NULL CONSTRAINT entity_kind_known CHECK (kind IN ('component', 'api', 'resource', 'system', 'domain', 'group', 'user', 'location')),
    namespace       text NOT NULL,
    name            text NOT NULL,
    -- canonical lower-case reference, kind:namespace/name; references ignore case, so this is the identity
    ref             text NOT NULL CONSTRAINT entity_ref_key UNIQUE,
    title           text,
    description     text,
    type            text,
    lifecycle       text,
    tags            text[] NOT NULL DEFAULT '{}',
    system_ref      text,
    domain_ref      text,
    -- The owner in force. It starts as what the descriptor says and may be handed over; see `ownership`.
    owner_ref       text,
    owner_team_id   uuid CONSTRAINT entity_owner_team_fkey REFERENCES team,
    owner_person_id uuid CONSTRAINT entity_owner_person_fkey REFERENCES person,
    owner_declared  text, -- what the descriptor last said
    owner_confirmed_at timestamptz,
    -- Portolan's own facts in force: the descriptor's word, else what was set in the portal (entity_fact)
    tier            smallint CONSTRAINT entity_tier_range CHECK (tier BETWEEN 0 AND 3),
    recovery_point_seconds bigint,
    recovery_time_seconds  bigint,
    runbook         text,
    contact         text,
    slos            jsonb NOT NULL DEFAULT '[]',
    -- The descriptor as applied, placeholders and unknown keys kept. It is the whole document, less nothing.
    descriptor      jsonb NOT NULL,
    descriptor_hash bytea NOT NULL,
    source_id       uuid CONSTRAINT entity_source_fkey REFERENCES source, -- null: managed in the portal
    location        text,          -- file within the source
    orphaned_at     timestamptz,   -- its source no longer names it
    team_id         uuid CONSTRAINT entity_team_fkey REFERENCES team ON DELETE SET NULL,     -- a Group's team
    person_id       uuid CONSTRAINT entity_person_fkey REFERENCES person ON DELETE SET NULL, -- a User's person
    last_change_at  timestamptz,   -- newest production change, so that the index can sort by it
    version         bigint NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,

    facets      text[] NOT NULL GENERATED ALWAYS AS (entity_facets(type, owner_ref, tier, lifecycle, system_ref, domain_ref, tags)) STORED,
    -- in plain byte order whatever the database's collation: prefixes are found by this index
    sort_name   text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    search_name text NOT NULL GENERATED ALWAYS AS (lower(name || ' ' || coalesce(title, ''))) STORED, -- for likeness of names
    -- plain words: nobody wants "billing" stemmed to "bill" when it is a service
    name_words  tsvector NOT NULL GENERATED ALWAYS AS (array_to_tsvector(plain_words(name || ' ' || coalesce(title, '')))) STORED,
    -- capped: a tsvector may not exceed a megabyte and a description may. Names too, so that "payment ledger" finds
    -- the payment-gateway that writes to a ledger
    text_words  tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector('english', left(coalesce(description, ''), 20000)) || array_to_tsvector(plain_words(
                name || ' ' || coalesce(title, '') || ' ' || coalesce(type, '') || ' ' || coalesce(split_part(owner_ref, '/', 2), '') || ' '
                || tag_words(tags)))) STORED,
    CONSTRAINT entity_ref_canonical CHECK (ref = lower(kind || ':' || namespace || '/' || name)),
    CONSTRAINT entity_no_owner_without_ref CHECK (owner_ref IS NOT NULL OR (owner_team_id IS NULL AND owner_person_id IS NULL))
);
-- the index in its default order, and its keyset pages: (kind, name) with ref to break ties between namespaces
CREATE INDEX entity_kind_name_idx ON entity (kind, sort_name, ref);
CREATE INDEX entity_name_idx ON entity (sort_name, ref);
-- what a team owns (team view, hand-over, list by owner)
CREATE INDEX entity_owner_idx ON entity (owner_ref, kind, sort_name, ref);
CREATE INDEX entity_owner_team_idx ON entity (owner_team_id);
CREATE INDEX entity_owner_person_idx ON entity (owner_person_id) WHERE owner_person_id IS NOT NULL;
CREATE INDEX entity_system_idx ON entity (system_ref) WHERE system_ref IS NOT NULL;
CREATE INDEX entity_domain_idx ON entity (domain_ref) WHERE domain_ref IS NOT NULL;
CREATE INDEX entity_source_idx ON entity (source_id);
CREATE INDEX entity_facets_idx ON entity USING gin (facets);
CREATE INDEX entity_name_words_idx ON entity USING gin (name_words);
CREATE INDEX entity_text_words_idx ON entity USING gin (text_words);
CREATE INDEX entity_search_name_idx ON entity USING gin (search_name gin_trgm_ops);
CREATE INDEX entity_team_idx ON entity (team_id) WHERE team_id IS NOT NULL;
CREATE INDEX entity_person_idx ON entity (person_id) WHERE person_id IS NOT NULL;
-- deployment webhooks find the service by its repository
CREATE INDEX entity_github_idx ON entity (lower(descriptor #>> '{metadata,annotations,github.com/project-slug}')) WHERE descriptor #>> '{metadata,annotations,github.com/project-slug}' IS NOT NULL;
CREATE INDEX entity_gitlab_idx ON entity (lower(descriptor #>> '{metadata,annotations,gitlab.com/project-slug}')) WHERE descriptor #>> '{metadata,annotations,gitlab.com/project-slug}' IS NOT NULL;

-- Counts per choice, kept as rows so that an index of 26,000 entities shows them as fast as one of 2,600.
-- Kept by statement triggers: no writer can forget them. Keys are touched in order, so writers cannot deadlock here.
CREATE TABLE facet_count (
    kind      text NOT NULL,
    dimension text NOT NULL, -- 'kind' (value '') is the total of the kind
    value     text NOT NULL,
    n         bigint NOT NULL,
    PRIMARY KEY (kind, dimension, value)
) WITH (fillfactor = 70);
CREATE INDEX facet_count_top_idx ON facet_count (kind, dimension, n DESC, value);

-- Every order of the index as one text that compares in byte order, so that one statement pages through all of them.
CREATE FUNCTION entity_sort_key(sort text, name text, tier smallint, changed timestamptz, updated timestamptz, owner text)
RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE sort
        WHEN 'tier' THEN coalesce(tier, 9)::text
        WHEN 'owner' THEN coalesce('0' || owner || ' ', '1')
        -- newest first: what is left until a far day; nothing sorts behind every digit
        WHEN 'changed' THEN coalesce(lpad((9000000000000000 - extract(epoch FROM changed) * 1000000)::bigint::text, 16, '0'), '~')
        WHEN 'updated' THEN lpad((9000000000000000 - extract(epoch FROM updated) * 1000000)::bigint::text, 16, '0')
        ELSE '' END || name
$$;

-- The words that names are made of, each with how many entities use it. It grows far slower than the catalog, so a
-- mistyped word is mended against it at a cost that does not grow with the catalog.
CREATE TABLE name_word (
    word text COLLATE "C" PRIMARY KEY,
    n    bigint NOT NULL
) WITH (fillfactor = 70);

CREATE FUNCTION count_facets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO facet_count AS c (kind, dimension, value, n)
        SELECT kind, split_part(f, '=', 1), substr(f, strpos(f, '=') + 1), count(*)
        FROM new_rows, unnest(facets || 'kind='::text) f GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (kind, dimension, value) DO UPDATE SET n = c.n + excluded.n;
        INSERT INTO name_word AS c (word, n)
        SELECT w, count(*) FROM new_rows, unnest(tsvector_to_array(name_words)) w GROUP BY 1 ORDER BY 1
        ON CONFLICT (word) DO UPDATE SET n = c.n + excluded.n;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO facet_count AS c (kind, dimension, value, n)
        SELECT kind, split_part(f, '=', 1), substr(f, strpos(f, '=') + 1), -count(*)
        FROM old_rows, unnest(facets || 'kind='::text) f GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (kind, dimension, value) DO UPDATE SET n = c.n + excluded.n;
        INSERT INTO name_word AS c (word, n)
        SELECT w, -count(*) FROM old_rows, unnest(tsvector_to_array(name_words)) w GROUP BY 1 ORDER BY 1
        ON CONFLICT (word) DO UPDATE SET n = c.n + excluded.n;
    ELSE
        INSERT INTO facet_count AS c (kind, dimension, value, n)
        SELECT kind, split_part(f, '=', 1), substr(f, strpos(f, '=') + 1), sum(d)
        FROM (SELECT kind, f, 1 AS d FROM new_rows, unnest(facets) f
              UNION ALL SELECT kind, f, -1 FROM old_rows, unnest(facets) f) both_rows
        GROUP BY 1, 2, 3 HAVING sum(d) <> 0 ORDER BY 1, 2, 3
        ON CONFLICT (kind, dimension, value) DO UPDATE SET n = c.n + excluded.n;
        INSERT INTO name_word AS c (word, n)
        SELECT w, sum(d)
        FROM (SELECT w, 1 AS d FROM new_rows, unnest(tsvector_to_array(name_words)) w
              UNION ALL SELECT w, -1 FROM old_rows, unnest(tsvector_to_array(name_words)) w) both_rows
        GROUP BY 1 HAVING sum(d) <> 0 ORDER BY 1
        ON CONFLICT (word) DO UPDATE SET n = c.n + excluded.n;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER entity_facets_insert AFTER INSERT ON entity REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_facets();
CREATE TRIGGER entity_facets_update AFTER UPDATE ON entity REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_facets();
CREATE TRIGGER entity_facets_delete AFTER DELETE ON entity REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_facets();

-- What an entity says about others, stored once in its canonical direction (ownedBy is derived from entity.owner_ref).
-- dependsOn said by one side and dependencyOf said by the other are the same pair, with two sayers.
-- The far end need not exist: such a relation dangles and is shown as dangling.
CREATE TABLE relation (
    declared_by uuid NOT NULL REFERENCES entity ON DELETE CASCADE,
    from_ref    text NOT NULL,
    kind        text NOT NULL CONSTRAINT relation_kind_known CHECK (kind IN ('dependsOn', 'partOf', 'providesApi', 'consumesApi', 'childOf', 'memberOf')),
    to_ref      text NOT NULL,
    PRIMARY KEY (declared_by, from_ref, kind, to_ref)
);
CREATE INDEX relation_from_idx ON relation (from_ref, kind);
CREATE INDEX relation_to_idx ON relation (to_ref, kind);

-- A fact set in the portal because the descriptor is silent. If the descriptor speaks later, its word is in force.
CREATE TABLE entity_fact (
    entity_id uuid NOT NULL REFERENCES entity ON DELETE CASCADE,
    field     text NOT NULL CONSTRAINT entity_fact_field_known CHECK (field IN ('tier', 'recovery_point', 'recovery_time', 'runbook', 'contact', 'slos')),
    value     jsonb NOT NULL,
    set_by    uuid REFERENCES person,
    set_at    timestamptz NOT NULL,
    PRIMARY KEY (entity_id, field)
);

-- Who owned it, from when to when, by whose word and why. The open row is the one in force.
CREATE TABLE ownership (
    id          uuid PRIMARY KEY,
    entity_id   uuid NOT NULL REFERENCES entity ON DELETE CASCADE,
    owner_ref   text,
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz,
    origin      text NOT NULL CONSTRAINT ownership_origin_known CHECK (origin IN ('descriptor', 'portal')),
    changed_by  uuid REFERENCES person,
    reason      text NOT NULL DEFAULT '',
    CONSTRAINT ownership_order CHECK (valid_until IS NULL OR valid_until >= valid_from)
);
CREATE UNIQUE INDEX ownership_current_key ON ownership (entity_id) WHERE valid_until IS NULL;
CREATE INDEX ownership_entity_idx ON ownership (entity_id, valid_from);

CREATE TABLE ownership_confirmation (
    id           uuid PRIMARY KEY,
    entity_id    uuid NOT NULL REFERENCES entity ON DELETE CASCADE,
    owner_ref    text NOT NULL,
    confirmed_by uuid NOT NULL REFERENCES person,
    confirmed_at timestamptz NOT NULL
);
CREATE INDEX ownership_confirmation_entity_idx ON ownership_confirmation (entity_id, confirmed_at DESC);
