-- What is exported: sessions of tickets, with what they depend on and carry along.

CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    integration_id uuid NOT NULL REFERENCES integrations (id),
    name text,
    site text NOT NULL,
    jira_project_key text NOT NULL,
    status text NOT NULL DEFAULT 'ready'
        CHECK (status IN ('ready', 'exporting', 'completed', 'export_failed', 'cancelled')),
    current_stage text NOT NULL DEFAULT 'imported'
        CHECK (current_stage IN ('imported', 'jira_export', 'completed')),
    total_tickets integer NOT NULL CHECK (total_tickets >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,

    -- Export tracking. The task is the job; it is cleared when the export has completed.
    export_task_id uuid,
    export_started_at timestamptz,
    export_failed_at timestamptz,
    failed_at_ticket_order integer,
    export_retry_count integer NOT NULL DEFAULT 0 CHECK (export_retry_count BETWEEN 0 AND 3),
    first_error_at timestamptz,
    error_category text CHECK (error_category IN ('user_fixable', 'admin_required', 'temporary')),
    error_code text,
    user_message text,
    recovery_actions text[],

    -- The number of the newest progress message; grows by one with each, in the transaction that stores it.
    progress_sequence bigint NOT NULL DEFAULT 0,

    -- An import that is repeated with its key gives the same session; with another body it is refused.
    idempotency_key text,
    idempotency_fingerprint bytea,
    -- Serves the look-up of a repeated import.
    CONSTRAINT sessions_one_per_idempotency_key UNIQUE (team_id, idempotency_key),
    CONSTRAINT sessions_key_has_fingerprint CHECK ((idempotency_key IS NULL) = (idempotency_fingerprint IS NULL)),
    CONSTRAINT sessions_exporting_has_task CHECK (status <> 'exporting' OR export_task_id IS NOT NULL),
    CONSTRAINT sessions_completed_at_when_completed CHECK ((status = 'completed') = (completed_at IS NOT NULL))
);

-- Serves the list of a team's sessions, newest first.
CREATE INDEX sessions_by_team ON sessions (team_id, created_at DESC);

CREATE TABLE tickets (
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    ref text NOT NULL,
    -- From 1: the order given, and the order of creation in Jira (what a ticket needs comes before it).
    position integer NOT NULL CHECK (position >= 1),
    export_order integer NOT NULL CHECK (export_order >= 1),
    title text NOT NULL,
    description_html text,
    issue_type text NOT NULL,
    priority text,
    -- {"email": …} | {"account_id": …} | {"display_name": …}
    assignee jsonb,
    -- A name or a number, as given.
    sprint jsonb,
    story_points double precision,
    labels text[] NOT NULL DEFAULT '{}',
    -- A ticket of the session, or an issue that Jira already has; never both.
    parent_ticket_id uuid REFERENCES tickets (id),
    parent_key text,
    fields jsonb NOT NULL DEFAULT '{}',
    -- The same in every create request for this ticket.
    marker uuid NOT NULL UNIQUE,

    jira_export_status varchar(20) NOT NULL DEFAULT 'pending'
        CHECK (jira_export_status IN ('pending', 'exported', 'failed', 'skipped')),
    jira_ticket_id text,
    jira_ticket_key text,
    jira_ticket_url text,
    exported_at timestamptz,
    error_message text,

    -- Serve the load of a session's tickets, in either order.
    UNIQUE (session_id, ref),
    UNIQUE (session_id, position),
    UNIQUE (session_id, export_order),
    CONSTRAINT tickets_one_parent CHECK (parent_ticket_id IS NULL OR parent_key IS NULL),
    CONSTRAINT tickets_exported_with_key CHECK (
        (jira_export_status = 'exported') = (jira_ticket_key IS NOT NULL)
        AND (jira_ticket_key IS NULL) = (exported_at IS NULL)
        AND (jira_ticket_key IS NULL) = (jira_ticket_id IS NULL)
        AND (jira_ticket_key IS NULL) = (jira_ticket_url IS NULL)
    )
);

CREATE TABLE ticket_dependencies (
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    -- The blocked ticket, and the one that blocks it.
    ticket_id uuid NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    depends_on_ticket_id uuid NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    linked_at timestamptz,
    -- Jira refused the link; a manual fix says so.
    refused_at timestamptz,
    PRIMARY KEY (ticket_id, depends_on_ticket_id),
    CHECK (ticket_id <> depends_on_ticket_id)
);

-- Serves the load of a session's links.
CREATE INDEX ticket_dependencies_by_session ON ticket_dependencies (session_id);

CREATE TABLE attachments (
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    ticket_id uuid NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    position integer NOT NULL CHECK (position >= 1),
    filename text NOT NULL CHECK (filename <> '' AND length(filename) <= 255),
    content_type text NOT NULL,
    size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'uploaded', 'refused')),
    jira_attachment_id text,
    uploaded_at timestamptz,
    UNIQUE (ticket_id, position),
    UNIQUE (ticket_id, filename),
    CONSTRAINT attachments_uploaded_with_time CHECK ((status = 'uploaded') = (uploaded_at IS NOT NULL))
);

-- Serves the load of a session's attachments.
CREATE INDEX attachments_by_session ON attachments (session_id);

-- An attachment's bytes, in pieces, so that neither end holds a whole file.
CREATE TABLE attachment_chunks (
    attachment_id uuid NOT NULL REFERENCES attachments (id) ON DELETE CASCADE,
    chunk integer NOT NULL CHECK (chunk >= 0),
    bytes bytea NOT NULL CHECK (length(bytes) <= 1048576),
    PRIMARY KEY (attachment_id, chunk)
);

CREATE TABLE progress_messages (
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    sequence bigint NOT NULL CHECK (sequence >= 1),
    job_id uuid NOT NULL,
    type text NOT NULL CHECK (type IN ('export_progress', 'export_complete', 'export_failed')),
    -- JSON exactly as it is sent, so that all clients see the same bytes.
    message text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (session_id, sequence)
);
