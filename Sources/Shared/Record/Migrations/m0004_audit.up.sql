-- The audit trail: every change of state of a session, a ticket, a create request (operation) and a job, and of integrations
-- and keys besides, written by the database itself, so that no path of the code can forget it.
--
-- Who did it is the transaction's setting tramline.actor; where nothing set it, the trail says 'unknown'. Why it was done comes
-- from the changed row. What people wrote into tickets does not come here, and no secret does.

ALTER TABLE audit_log
    -- The trail outlives what it tells of, and an entry must not lock its team's row.
    DROP CONSTRAINT audit_log_team_id_fkey,
    ADD COLUMN entity text
        CHECK (entity IN ('session', 'ticket', 'operation', 'job', 'integration', 'key')),
    -- Null only in entries of keys and integrations that are older than this column.
    ADD COLUMN entity_id uuid,
    -- Null for what has just been made.
    ADD COLUMN from_state text,
    ADD COLUMN to_state text,
    ADD COLUMN reason text NOT NULL DEFAULT '',
    ALTER COLUMN actor SET DEFAULT COALESCE(NULLIF(current_setting('tramline.actor', true), ''), 'unknown');

-- The entries that the code wrote until now told of sessions, keys and integrations.
UPDATE audit_log SET
    entity = CASE
        WHEN event = 'key_created' THEN 'key'
        WHEN event LIKE 'integration%' THEN 'integration'
        ELSE 'session'
    END,
    entity_id = session_id,
    from_state = CASE
        WHEN event = 'export_started' THEN 'ready'
        WHEN event IN ('export_completed', 'export_failed', 'export_cancelled') THEN 'exporting'
        WHEN event = 'integration_replaced' THEN 'active'
    END,
    to_state = CASE event
        WHEN 'session_imported' THEN 'ready'
        WHEN 'export_started' THEN 'exporting'
        WHEN 'export_retried' THEN 'exporting'
        WHEN 'export_completed' THEN 'completed'
        WHEN 'export_failed' THEN 'export_failed'
        WHEN 'export_cancelled' THEN 'cancelled'
        ELSE 'active'
    END,
    reason = event,
    actor = CASE WHEN actor ~ '^(cli$|key:|worker:)' THEN actor ELSE 'worker:' || actor END;

ALTER TABLE audit_log
    DROP COLUMN event,
    ALTER COLUMN entity SET NOT NULL,
    ALTER COLUMN to_state SET NOT NULL;

-- Serves the histories of integrations and keys, and the search for what nobody owns up to.
CREATE INDEX audit_log_by_team ON audit_log (team_id, id) WHERE session_id IS NULL;

-- A message as the trail keeps it: cut, and without the title by which it names a ticket, ("…"): the number stays.
CREATE FUNCTION audit_text(message text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT left(regexp_replace(message, ' ?\(".*"\)', '', 'g'), 1000)
$$;

CREATE FUNCTION audit_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_log (entity, entity_id, team_id, session_id, job_id, from_state, to_state, reason, detail)
    VALUES (
        'session', NEW.id, NEW.team_id, NEW.id, NEW.export_task_id, OLD.status, NEW.status,
        CASE
            WHEN TG_OP = 'INSERT' THEN
                format('imported with %s tickets for %s at %s', NEW.total_tickets, NEW.jira_project_key, NEW.site)
            WHEN NEW.status = 'exporting' AND NEW.export_retry_count > OLD.export_retry_count THEN
                format('retry %s was started', NEW.export_retry_count)
            WHEN NEW.status = 'exporting' AND OLD.status = 'ready' THEN 'the export was started'
            WHEN NEW.status = 'exporting' THEN 'the export was resumed'
            WHEN NEW.status = 'completed' THEN 'every step of the export is done'
            WHEN NEW.status = 'export_failed' THEN
                concat_ws(': ', NEW.error_code, audit_text(NEW.user_message))
            WHEN NEW.status = 'cancelled' THEN 'the export was cancelled'
            ELSE ''
        END,
        jsonb_strip_nulls(jsonb_build_object(
            'retries', NULLIF(NEW.export_retry_count, 0),
            'failed_at_ticket_order',
            CASE WHEN NEW.status = 'export_failed' THEN NEW.failed_at_ticket_order END,
            'error_category', CASE WHEN NEW.status = 'export_failed' THEN NEW.error_category END
        ))
    );
    RETURN NULL;
END
$$;

CREATE TRIGGER audit_new AFTER INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION audit_session();
CREATE TRIGGER audit_change AFTER UPDATE OF status ON sessions FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION audit_session();

CREATE FUNCTION audit_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_log (entity, entity_id, session_id, ticket_id, from_state, to_state, reason)
    VALUES (
        'ticket', NEW.id, NEW.session_id, NEW.id, OLD.jira_export_status, NEW.jira_export_status,
        CASE
            WHEN TG_OP = 'INSERT' THEN 'imported'
            WHEN NEW.jira_export_status = 'exported' THEN 'it is ' || NEW.jira_ticket_key || ' in Jira'
            WHEN NEW.jira_export_status = 'failed' THEN COALESCE(audit_text(NEW.error_message), '')
            WHEN NEW.jira_export_status = 'pending' THEN 'to be tried again'
            ELSE ''
        END
    );
    RETURN NULL;
END
$$;

CREATE TRIGGER audit_new AFTER INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION audit_ticket();
CREATE TRIGGER audit_change AFTER UPDATE OF jira_export_status ON tickets FOR EACH ROW
    WHEN (OLD.jira_export_status IS DISTINCT FROM NEW.jira_export_status) EXECUTE FUNCTION audit_ticket();

CREATE FUNCTION audit_operation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_log (entity, entity_id, session_id, ticket_id, job_id, from_state, to_state, reason, detail)
    VALUES (
        'operation', NEW.id, (SELECT session_id FROM tickets WHERE id = NEW.ticket_id), NEW.ticket_id, NEW.job_id,
        OLD.state, NEW.state,
        CASE
            WHEN TG_OP = 'INSERT' THEN format('create request %s is about to be sent', NEW.attempt)
            WHEN NEW.state = 'created' AND NEW.adopted THEN
                format('the answer was lost; %s carries the marker and was adopted', NEW.jira_key)
            WHEN NEW.state = 'created' THEN format('Jira has made %s', NEW.jira_key)
            ELSE concat_ws(': ', 'HTTP ' || NEW.http_status, audit_text(NEW.detail))
        END,
        jsonb_strip_nulls(jsonb_build_object(
            'attempt', NEW.attempt, 'epoch', NEW.epoch, 'http_status', NEW.http_status, 'jira_key', NEW.jira_key,
            'adopted', NULLIF(NEW.adopted, false)
        ))
    );
    RETURN NULL;
END
$$;

CREATE TRIGGER audit_new AFTER INSERT ON operations FOR EACH ROW EXECUTE FUNCTION audit_operation();
CREATE TRIGGER audit_change AFTER UPDATE OF state ON operations FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION audit_operation();

CREATE FUNCTION audit_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_log (entity, entity_id, team_id, session_id, job_id, from_state, to_state, reason, detail)
    VALUES (
        'job', NEW.id, NEW.team_id, NEW.session_id, NEW.id, OLD.state, NEW.state,
        CASE
            WHEN TG_OP = 'INSERT' THEN NEW.kind || ' was enqueued'
            -- The request to cancel a job that runs changes its state later; the trail says who asked, and when.
            WHEN NEW.state = OLD.state AND NEW.epoch = OLD.epoch THEN 'a person asked to cancel it'
            WHEN NEW.state = 'running' AND OLD.state = 'running' THEN
                format('claimed by %s; %s did not hand it over (%s so far)', NEW.worker_id, OLD.worker_id, NEW.deaths)
            WHEN NEW.state = 'running' THEN 'claimed by ' || NEW.worker_id
            WHEN NEW.state = 'retrying' THEN
                format('attempt %s of %s: %s', NEW.attempts, NEW.max_attempts,
                       concat_ws(': ', NEW.fault_code, audit_text(NEW.fault_message)))
            WHEN NEW.state IN ('failed', 'quarantined') THEN
                concat_ws(': ', NEW.fault_code, audit_text(NEW.fault_message))
            WHEN NEW.state = 'queued' AND OLD.state <> 'running' THEN 'queued again'
            WHEN NEW.state = 'queued' AND NEW.run_at > now() THEN
                'waits until ' || to_char(NEW.run_at AT TIME ZONE 'UTC', 'HH24:MI:SS"Z"')
            WHEN NEW.state = 'queued' THEN 'handed over after a step'
            WHEN NEW.state = 'succeeded' THEN 'every step is done'
            WHEN NEW.state = 'cancelled' THEN 'a person cancelled it'
            ELSE ''
        END,
        jsonb_strip_nulls(jsonb_build_object(
            'kind', NEW.kind, 'epoch', NEW.epoch, 'worker', NEW.worker_id, 'attempts', NULLIF(NEW.attempts, 0),
            'deaths', NULLIF(NEW.deaths, 0), 'fault_category', NEW.fault_category,
            'due_at', CASE WHEN NEW.run_at > now() THEN NEW.run_at END
        ))
    );
    RETURN NULL;
END
$$;

CREATE TRIGGER audit_new AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION audit_job();
CREATE TRIGGER audit_change AFTER UPDATE OF state, epoch, cancel_requested_at ON jobs FOR EACH ROW
    WHEN (
        OLD.state IS DISTINCT FROM NEW.state OR OLD.epoch IS DISTINCT FROM NEW.epoch
        OR (OLD.cancel_requested_at IS NULL AND NEW.cancel_requested_at IS NOT NULL)
    )
    EXECUTE FUNCTION audit_job();

CREATE FUNCTION audit_integration() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_log (entity, entity_id, team_id, from_state, to_state, reason, detail)
    VALUES (
        'integration', COALESCE(NEW.id, OLD.id), COALESCE(NEW.team_id, OLD.team_id), OLD.state,
        COALESCE(NEW.state, 'removed'),
        CASE
            WHEN TG_OP = 'INSERT' THEN 'added'
            WHEN TG_OP = 'DELETE' THEN 'removed'
            WHEN NEW.state = 'parked' THEN NEW.parked_reason
            ELSE 'its address or credential was replaced'
        END,
        jsonb_build_object('site', COALESCE(NEW.site, OLD.site))
    );
    RETURN NULL;
END
$$;

CREATE TRIGGER audit_new AFTER INSERT OR DELETE ON integrations FOR EACH ROW EXECUTE FUNCTION audit_integration();
CREATE TRIGGER audit_change AFTER UPDATE OF state, base_url, sealed_secret ON integrations FOR EACH ROW
    WHEN (
        OLD.state IS DISTINCT FROM NEW.state OR OLD.base_url IS DISTINCT FROM NEW.base_url
        OR OLD.sealed_secret IS DISTINCT FROM NEW.sealed_secret
    )
    EXECUTE FUNCTION audit_integration();

CREATE FUNCTION audit_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_log (entity, entity_id, team_id, from_state, to_state, reason, detail)
    VALUES (
        'key', NEW.id, NEW.team_id, CASE WHEN TG_OP = 'UPDATE' THEN 'active' END,
        CASE WHEN NEW.revoked_at IS NULL THEN 'active' ELSE 'revoked' END,
        CASE WHEN NEW.revoked_at IS NULL THEN 'made' ELSE 'revoked' END,
        jsonb_build_object('name', NEW.name, 'prefix', NEW.prefix, 'scopes', NEW.scopes)
    );
    RETURN NULL;
END
$$;

CREATE TRIGGER audit_new AFTER INSERT ON api_keys FOR EACH ROW EXECUTE FUNCTION audit_key();
CREATE TRIGGER audit_change AFTER UPDATE OF revoked_at ON api_keys FOR EACH ROW
    WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION audit_key();
