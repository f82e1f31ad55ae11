-- What happened: who, when, what changed from what to what, through which face. Append-only, written in the
-- transaction of the act itself. Rows outlive what they speak of, so names are kept beside the keys.
CREATE TABLE activity (
    id          uuid PRIMARY KEY,  -- UUIDv7: the order of this key is the order of time
    at          timestamptz NOT NULL,
    actor_id    uuid REFERENCES person ON DELETE SET NULL,
    actor       text NOT NULL,     -- handle at the time, or 'system'
    via         text NOT NULL CONSTRAINT activity_via_known CHECK (via IN ('page', 'api', 'apply', 'cli', 'system')),
    verb        text NOT NULL,     -- 'entity.created', 'ownership.handed-over', …
    subject     text NOT NULL,     -- reference or key of what it is about: 'component:default/x', 'team:basket', 'person:imke'
    entity_id   uuid,              -- no foreign key: the history of a deleted entity stays
    changes     jsonb NOT NULL DEFAULT '[]', -- [{"field", "from", "to"}]
    note        text NOT NULL DEFAULT ''
);
CREATE INDEX activity_subject_idx ON activity (subject, id DESC);
CREATE INDEX activity_actor_idx ON activity (actor_id, id DESC) WHERE actor_id IS NOT NULL;
CREATE INDEX activity_verb_idx ON activity (verb, id DESC);
