-- What it takes to tell what became of a request whose answer was lost, and to look once more after a repeated create.

ALTER TABLE jobs
    DROP CONSTRAINT jobs_kind_check,
    ADD CONSTRAINT jobs_kind_check CHECK (kind IN ('export', 'retry', 'sync', 'create', 'validate', 'notify', 'audit'));

ALTER TABLE operations
    -- When this side gives the request up, by the database's clock: the settle time runs from here.
    ADD COLUMN deadline_at timestamptz,
    -- Jira's clock at the intention, as its latest answer told it; null when it had not answered yet.
    ADD COLUMN jira_time timestamptz,
    -- Of a create that was repeated: when its twin is looked for, and when that was done.
    ADD COLUMN audit_due_at timestamptz,
    ADD COLUMN audited_at timestamptz;

-- The longest time that a request may be given.
UPDATE operations SET deadline_at = intended_at + interval '10 minutes';

ALTER TABLE operations
    ALTER COLUMN deadline_at SET NOT NULL,
    ADD CONSTRAINT operations_audit_of_created CHECK (audit_due_at IS NULL OR state = 'created'),
    ADD CONSTRAINT operations_audited_if_due CHECK (audited_at IS NULL OR audit_due_at IS NOT NULL);

-- Serves the twin audit of a session.
CREATE INDEX operations_to_audit ON operations (ticket_id) WHERE audit_due_at IS NOT NULL AND audited_at IS NULL;

-- Serves the look for keys that are known of a project.
CREATE INDEX sessions_by_project ON sessions (integration_id, jira_project_key);

ALTER TABLE manual_fixes
    -- The issue to be put right, where it is not the ticket's own: a twin, a possible orphan.
    ADD COLUMN jira_key text,
    ADD COLUMN jira_url text,
    ADD CONSTRAINT manual_fixes_key_with_url CHECK ((jira_key IS NULL) = (jira_url IS NULL));

ALTER TABLE attachments
    -- An upload may have been sent and may take effect until then; null when none was, or Jira refused it.
    ADD COLUMN upload_open_until timestamptz;

-- A twin or a possible orphan belongs into its ticket's history: nothing else tells later that there was one.
CREATE FUNCTION audit_other_issue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_log (entity, entity_id, session_id, ticket_id, from_state, to_state, reason)
    SELECT 'ticket', id, session_id, id, jira_export_status, jira_export_status,
           format('%s: %s', NEW.issue_type, NEW.jira_key)
    FROM tickets WHERE id = NEW.ticket_id;
    RETURN NULL;
END
$$;

CREATE TRIGGER audit_other_issue AFTER INSERT ON manual_fixes FOR EACH ROW
    WHEN (NEW.jira_key IS NOT NULL) EXECUTE FUNCTION audit_other_issue();
