-- The queue of durable work, and what is to be told to whom.
--
-- A queue in the database, because work is asked for in the transaction that makes it necessary: both happen or neither.
-- One column says when a job may be taken: while it waits that is when it is due, while somebody works on it that is
-- when their lease ends. So a worker that died needs no janitor: what it held is simply due again.
CREATE TABLE job (
    id           uuid PRIMARY KEY,
    kind         text NOT NULL,
    payload      jsonb NOT NULL,
    -- asked for once however often it is asked: of a kind, one job with this key is unfinished at a time
    dedup_key    text,
    due_at       timestamptz NOT NULL,
    -- it failed, or was put off: whoever asks again does not make it due before this
    held_until   timestamptz,
    -- asked for again while somebody worked on it, who may have looked before: it runs once more from then on
    again_at     timestamptz,
    -- the fence: a new one at each claim; who holds an older one has lost the job
    lease        uuid,
    attempts     integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL CONSTRAINT job_attempts CHECK (max_attempts BETWEEN 1 AND 100),
    error        text, -- why the last attempt failed
    created_at   timestamptz NOT NULL,
    finished_at  timestamptz,
    outcome      text CONSTRAINT job_outcome_known CHECK (outcome IN ('done', 'dead')),
    CONSTRAINT job_finished CHECK ((finished_at IS NULL) = (outcome IS NULL) AND (finished_at IS NULL OR lease IS NULL))
);
-- the claim: the oldest that are due, kind by kind, and nothing that is over
CREATE INDEX job_due_idx ON job (kind, due_at) WHERE finished_at IS NULL;
CREATE UNIQUE INDEX job_dedup_key ON job (kind, dedup_key) WHERE finished_at IS NULL;
CREATE INDEX job_finished_idx ON job (finished_at) WHERE finished_at IS NOT NULL;

-- Workers rest between looks; this wakes them, on whichever replica, when the transaction that asked is through.
CREATE FUNCTION tell_work() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('work', '');
    RETURN NULL;
END $$;
CREATE TRIGGER job_asked AFTER INSERT ON job FOR EACH STATEMENT EXECUTE FUNCTION tell_work();

-- Where a team is told things besides e-mail. An address of a chat is a secret by itself: whoever has it may write there.
-- So both are sealed under the portal's key, and only the host is kept in the clear.
CREATE TABLE webhook_endpoint (
    id              uuid PRIMARY KEY,
    team_id         uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    name            text NOT NULL,
    format          text NOT NULL CONSTRAINT webhook_endpoint_format_known CHECK (format IN ('standard', 'slack')),
    host            text NOT NULL,
    url_sealed      bytea NOT NULL,
    secret_sealed   bytea CONSTRAINT webhook_endpoint_secret CHECK ((secret_sealed IS NOT NULL) = (format = 'standard')),
    created_by      uuid NOT NULL REFERENCES person,
    created_at      timestamptz NOT NULL,
    revoked_at      timestamptz,
    last_success_at timestamptz,
    last_failure_at timestamptz,
    last_error      text
);
CREATE INDEX webhook_endpoint_team_idx ON webhook_endpoint (team_id);

-- One row per person or endpoint and thing to tell: written by the act that makes it necessary, kept with how it went.
-- Many of them may travel in one message, so that a storm of alerts is no storm of e-mails.
CREATE TABLE notice (
    id           uuid PRIMARY KEY,
    person_id    uuid REFERENCES person ON DELETE CASCADE,
    email        text,
    endpoint_id  uuid REFERENCES webhook_endpoint ON DELETE CASCADE,
    recipient    text NOT NULL GENERATED ALWAYS AS (coalesce('person:' || person_id::text, 'endpoint:' || endpoint_id::text, 'email:' || lower(email))) STORED,
    event        text NOT NULL, -- 'page.opened'
    subject      text NOT NULL,
    body         text NOT NULL,
    link         text NOT NULL, -- path in the portal
    reason       text NOT NULL, -- why they are told
    about_kind   text NOT NULL,
    about_id     uuid NOT NULL,
    state        text NOT NULL DEFAULT 'pending' CONSTRAINT notice_state_known CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts     integer NOT NULL DEFAULT 0,
    error        text,          -- why it is not there yet, or never will be
    sent_to      text,          -- the address it went to: a person's may change
    settled_kind text,          -- the kind of job to ask for when it is delivered or has failed
    created_at   timestamptz NOT NULL,
    give_up_at   timestamptz NOT NULL,
    settled_at   timestamptz,
    CONSTRAINT notice_one_recipient CHECK (num_nonnulls(person_id, email, endpoint_id) = 1),
    CONSTRAINT notice_settled CHECK ((state = 'pending') = (settled_at IS NULL))
);
CREATE INDEX notice_pending_idx ON notice (recipient, id) WHERE state = 'pending';
CREATE INDEX notice_last_idx ON notice (recipient, settled_at DESC) WHERE state = 'delivered';
CREATE INDEX notice_about_idx ON notice (about_kind, about_id, id);
CREATE INDEX notice_settled_idx ON notice (settled_at) WHERE state <> 'pending';
CREATE INDEX notice_failed_idx ON notice (settled_at) WHERE state = 'failed';
