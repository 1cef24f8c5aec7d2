-- Files on their way in: their pieces wait here until the last one has come, and become an attachment in one transaction.
-- Nothing that reads attachments can see half a file.
--
-- Unlogged, since a server that crashes has broken these uploads anyway: their bytes go through the log only once.

CREATE UNLOGGED TABLE uploads (
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    ticket_id uuid NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    filename text NOT NULL CHECK (filename <> '' AND length(filename) <= 255),
    content_type text NOT NULL,
    -- When its newest piece came: one that has been silent for too long is given up.
    active_at timestamptz NOT NULL DEFAULT now()
);

-- Serves the sweep of uploads that were given up.
CREATE INDEX uploads_by_activity ON uploads (active_at);

-- Serves the deletion of a session's or a ticket's uploads with it.
CREATE INDEX uploads_by_ticket ON uploads (ticket_id);
CREATE INDEX uploads_by_session ON uploads (session_id);

CREATE UNLOGGED TABLE upload_chunks (
    upload_id uuid NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    chunk integer NOT NULL CHECK (chunk >= 0),
    bytes bytea NOT NULL CHECK (length(bytes) BETWEEN 1 AND 1048576),
    PRIMARY KEY (upload_id, chunk)
);

-- They are copied within seconds: compressing them first would be for nothing.
ALTER TABLE upload_chunks ALTER COLUMN bytes SET STORAGE EXTERNAL;
