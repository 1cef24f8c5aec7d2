-- What runs: jobs and their steps, the create requests sent to Jira, and what people must know of them.

CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('export', 'retry', 'sync', 'create', 'validate', 'notify')),
    state text NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'running', 'retrying', 'succeeded', 'failed', 'cancelled', 'quarantined')),
    team_id uuid NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    session_id uuid REFERENCES sessions (id) ON DELETE CASCADE,
    site text,
    priority smallint NOT NULL CHECK (priority BETWEEN 0 AND 2),
    idempotency_key text,
    payload jsonb NOT NULL DEFAULT '{}',
    result jsonb,

    -- Grows by one with each claim; writes of older claims are refused.
    epoch bigint NOT NULL DEFAULT 0,
    worker_id text,
    attempts integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL CHECK (max_attempts >= 1),
    deaths integer NOT NULL DEFAULT 0,

    run_at timestamptz NOT NULL DEFAULT now(),
    cancel_requested_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    claimed_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz,

    fault_category text CHECK (fault_category IN ('user_fixable', 'admin_required', 'temporary')),
    fault_code text,
    fault_message text,
    fault_actions text[],

    CONSTRAINT jobs_finished_when_final CHECK (
        (state IN ('succeeded', 'failed', 'cancelled', 'quarantined')) = (finished_at IS NOT NULL)
    ),
    CONSTRAINT jobs_running_has_worker CHECK ((state = 'running') = (worker_id IS NOT NULL))
);

-- States the rule that at most one live job holds an idempotency key; serves the look-up of it.
CREATE UNIQUE INDEX jobs_one_live_per_key ON jobs (idempotency_key)
    WHERE idempotency_key IS NOT NULL AND state IN ('queued', 'running', 'retrying');

-- Serves the sweep, which looks at live jobs only.
CREATE INDEX jobs_live ON jobs (run_at) WHERE state IN ('queued', 'running', 'retrying');

-- Serves a session's newest job.
CREATE INDEX jobs_by_session ON jobs (session_id, created_at DESC) WHERE session_id IS NOT NULL;

CREATE TABLE job_steps (
    job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    -- What was done: 'ticket', 'attachment', 'link' …, and to what.
    step text NOT NULL,
    subject_id uuid NOT NULL,
    epoch bigint NOT NULL,
    outcome text NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job_id, step, subject_id)
);

CREATE TABLE operations (
    id uuid PRIMARY KEY,
    ticket_id uuid NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    epoch bigint NOT NULL,
    attempt integer NOT NULL CHECK (attempt >= 1),
    marker uuid NOT NULL,
    state text NOT NULL DEFAULT 'intended'
        CHECK (state IN ('intended', 'created', 'refused', 'uncertain', 'parked')),
    low_key_number bigint,
    intended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Since when the outcome is known to be unknown: the settle time runs from here.
    uncertain_at timestamptz,
    settled_at timestamptz,
    jira_id text,
    jira_key text,
    http_status integer,
    adopted boolean NOT NULL DEFAULT false,
    detail text,
    UNIQUE (ticket_id, attempt),
    CONSTRAINT operations_created_with_key CHECK (state <> 'created' OR (jira_id IS NOT NULL AND jira_key IS NOT NULL)),
    CONSTRAINT operations_settled_when_final CHECK (
        (state IN ('created', 'refused', 'parked')) = (settled_at IS NOT NULL)
    )
);

-- States the rule that a ticket has at most one unsettled create request; serves the look-up of it.
CREATE UNIQUE INDEX operations_one_open_per_ticket ON operations (ticket_id)
    WHERE state IN ('intended', 'uncertain');

CREATE TABLE manual_fixes (
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    ticket_id uuid NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    -- The kind of fix, as "assignee_invalid", and what exactly it is about, as a field's or a file's name.
    issue_type text NOT NULL,
    subject text NOT NULL,
    reason text NOT NULL,
    recommended_action text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- A step that is run again records its fix once. Serves the load by ticket.
    UNIQUE (ticket_id, issue_type, subject)
);

-- Serves a session's list and count.
CREATE INDEX manual_fixes_by_session ON manual_fixes (session_id, created_at);

CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    team_id uuid REFERENCES teams (id) ON DELETE SET NULL,
    session_id uuid,
    ticket_id uuid,
    job_id uuid,
    actor text NOT NULL,
    event text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}'
);

-- Serves a session's history.
CREATE INDEX audit_log_by_session ON audit_log (session_id, id) WHERE session_id IS NOT NULL;
