-- People, the teams they form, and the ways in.
--
-- Keys are UUIDv7, made by the application: they sort by time, so primary-key inserts stay at the end of the
-- index, and nobody can guess a neighbour's. Text is compared in the C collation of the database; where case must
-- not matter (handles, slugs, e-mail) a unique index on lower(...) says so.

CREATE EXTENSION IF NOT EXISTS pg_trgm;    -- names mistyped at night are still found
CREATE EXTENSION IF NOT EXISTS btree_gist; -- a membership may not overlap itself

CREATE TABLE person (
    id            uuid PRIMARY KEY,
    handle        text NOT NULL,
    name          text NOT NULL,
    email         text,  -- null: a User descriptor without one; such a person signs in by a link
    phone         text,
    time_zone     text NOT NULL DEFAULT 'UTC',
    manager_id    uuid CONSTRAINT person_manager_fkey REFERENCES person,
    active        boolean NOT NULL DEFAULT true,
    admin         boolean NOT NULL DEFAULT false,
    -- argon2id in PHC form; null: this person signs in some other way (a link, later an identity provider)
    password_hash text,
    -- what the person chose for themselves (theme, density, time zone of display): read as a whole, never searched
    preferences   jsonb NOT NULL DEFAULT '{}',
    version       bigint NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    -- The User descriptor that speaks for this person, and the fields it gives: those are edited where it lives.
    described_by  text,
    described     text[] NOT NULL DEFAULT '{}',
    manager_ref   text, -- the manager as the descriptor says it; that person may be described later
    persona       text, -- what the demo's sign-in page calls this person; looked at nowhere else
    -- what descriptors call this person
    ref           text NOT NULL GENERATED ALWAYS AS (coalesce(described_by, 'user:default/' || lower(handle))) STORED,
    search_name   text NOT NULL GENERATED ALWAYS AS (lower(name || ' ' || handle || ' ' || coalesce(email, ''))) STORED,
    CONSTRAINT person_handle_shape CHECK (handle ~ '^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$'),
    CONSTRAINT person_not_own_manager CHECK (manager_id <> id)
);
CREATE UNIQUE INDEX person_handle_key ON person (lower(handle));
CREATE UNIQUE INDEX person_email_key ON person (lower(email));
CREATE UNIQUE INDEX person_ref_key ON person (ref);
-- the list of people in its order, and its keyset pages
CREATE INDEX person_name_idx ON person (lower(name), id);
CREATE INDEX person_manager_idx ON person (manager_id) WHERE manager_id IS NOT NULL;
-- the quick-open palette looks people up by any part of the name, mistyped or not
CREATE INDEX person_search_idx ON person USING gin (search_name gin_trgm_ops);

-- One row per account at an identity provider. Sign-in through OpenID Connect and SCIM write here.
CREATE TABLE identity_link (
    id         uuid PRIMARY KEY,
    person_id  uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    issuer     text NOT NULL,
    subject    text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT identity_link_key UNIQUE (issuer, subject)
);
CREATE INDEX identity_link_person_idx ON identity_link (person_id);

CREATE TABLE team (
    id           uuid PRIMARY KEY,
    slug         text NOT NULL,
    name         text NOT NULL,
    purpose      text NOT NULL DEFAULT '',
    kind         text NOT NULL DEFAULT 'team', -- a Group's spec.type: team, department, business-unit, …
    parent_id    uuid CONSTRAINT team_parent_fkey REFERENCES team,
    lead_id      uuid CONSTRAINT team_lead_fkey REFERENCES person,
    chat_channel text,
    chat_url     text,
    email        text,
    phone        text,
    roles        text[] NOT NULL DEFAULT '{}',
    version      bigint NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    -- The Group descriptor that speaks for this team, and the fields it gives: those are edited where it lives.
    described_by text,
    described    text[] NOT NULL DEFAULT '{}',
    parent_ref   text, -- parent and lead as the descriptor says them; they may be described later
    lead_ref     text,
    -- what descriptors call this team
    ref          text NOT NULL GENERATED ALWAYS AS (coalesce(described_by, 'group:default/' || lower(slug))) STORED,
    search_name  text NOT NULL GENERATED ALWAYS AS (lower(name || ' ' || slug)) STORED,
    CONSTRAINT team_slug_shape CHECK (slug ~ '^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$'),
    CONSTRAINT team_not_own_parent CHECK (parent_id <> id),
    CONSTRAINT team_roles_known CHECK (roles <@ ARRAY['service-development', 'platform-development', 'service-support', 'platform-support'])
);
CREATE UNIQUE INDEX team_slug_key ON team (lower(slug));
CREATE UNIQUE INDEX team_ref_key ON team (ref);
CREATE INDEX team_name_idx ON team (lower(name), id);
CREATE INDEX team_parent_idx ON team (parent_id);
CREATE INDEX team_lead_idx ON team (lead_id) WHERE lead_id IS NOT NULL;
CREATE INDEX team_search_idx ON team USING gin (search_name gin_trgm_ops);

-- Who was in which team, when. Kept for ever: last year's work belongs to last year's team.
CREATE TABLE membership (
    id          uuid PRIMARY KEY,
    team_id     uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    person_id   uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz,
    -- 'descriptor': said by an applied Group or User, and ended when they stop saying it; 'portal': said here
    origin      text NOT NULL CONSTRAINT membership_origin_known CHECK (origin IN ('descriptor', 'portal')),
    CONSTRAINT membership_order CHECK (valid_until IS NULL OR valid_until > valid_from),
    CONSTRAINT membership_once EXCLUDE USING gist (team_id WITH =, person_id WITH =, tstzrange(valid_from, valid_until) WITH &&)
);
CREATE INDEX membership_person_idx ON membership (person_id) WHERE valid_until IS NULL;
CREATE INDEX membership_team_idx ON membership (team_id) WHERE valid_until IS NULL;

-- What descriptors say about who is in which team. A Group's members and a User's memberOf both count, so a
-- membership ends when the last of them stops saying it; either end may be described later.
CREATE TABLE membership_said (
    said_by    text NOT NULL, -- reference of the Group or User
    team_ref   text NOT NULL,
    person_ref text NOT NULL,
    PRIMARY KEY (said_by, team_ref, person_ref)
);
CREATE INDEX membership_said_pair_idx ON membership_said (team_ref, person_ref);

-- Cookies hold a random secret; only its SHA-256 is stored, so a copy of the database opens no door.
CREATE TABLE session (
    id           uuid PRIMARY KEY,
    person_id    uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    secret_hash  bytea NOT NULL CONSTRAINT session_secret_key UNIQUE,
    user_agent   text NOT NULL DEFAULT '',
    address      text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL
);
CREATE INDEX session_person_idx ON session (person_id);
CREATE INDEX session_expires_idx ON session (expires_at);

CREATE TABLE api_token (
    id           uuid PRIMARY KEY,
    person_id    uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    name         text NOT NULL,
    scope        text NOT NULL CONSTRAINT api_token_scope_known CHECK (scope IN ('read', 'write', 'admin')),
    secret_hash  bytea NOT NULL CONSTRAINT api_token_secret_key UNIQUE,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    last_used_at timestamptz,
    revoked_at   timestamptz
);
CREATE INDEX api_token_person_idx ON api_token (person_id);

-- One-time links: the first admin's set-up (no person yet), and sign-in without a password.
CREATE TABLE sign_in_link (
    id          uuid PRIMARY KEY,
    person_id   uuid REFERENCES person ON DELETE CASCADE,
    secret_hash bytea NOT NULL CONSTRAINT sign_in_link_secret_key UNIQUE,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);
CREATE INDEX sign_in_link_person_idx ON sign_in_link (person_id);

-- Guessing is counted per account and per address in the database, so that replicas share the count.
CREATE TABLE sign_in_failure (
    id      uuid PRIMARY KEY,
    account text NOT NULL, -- lower-cased e-mail or handle as typed, known or not
    address text NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX sign_in_failure_account_idx ON sign_in_failure (account, at);
CREATE INDEX sign_in_failure_address_idx ON sign_in_failure (address, at);

-- Callers are remembered for seconds by each replica; whatever could take a right away says so to all of them.
CREATE FUNCTION tell_callers_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('callers_changed', '');
    RETURN NULL;
END $$;
CREATE TRIGGER session_callers AFTER DELETE ON session FOR EACH STATEMENT EXECUTE FUNCTION tell_callers_changed();
CREATE TRIGGER api_token_callers AFTER DELETE OR UPDATE OF revoked_at, expires_at, scope ON api_token FOR EACH STATEMENT EXECUTE FUNCTION tell_callers_changed();
CREATE TRIGGER person_callers AFTER DELETE OR UPDATE OF active, admin, handle, name, time_zone, preferences ON person FOR EACH STATEMENT EXECUTE FUNCTION tell_callers_changed();

-- The teams a person answers for: those they are in, those they lead, and all below what they lead.
CREATE FUNCTION teams_of(person uuid) RETURNS SETOF uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH RECURSIVE led AS (
        SELECT t.id FROM team t WHERE t.lead_id = person
        UNION SELECT t.id FROM team t JOIN led ON t.parent_id = led.id)
    SELECT led.id FROM led
    UNION SELECT m.team_id FROM membership m WHERE m.person_id = person AND m.valid_until IS NULL
$$;
