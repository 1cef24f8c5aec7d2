DROP TRIGGER audit_new ON sessions;
DROP TRIGGER audit_change ON sessions;
DROP TRIGGER audit_new ON tickets;
DROP TRIGGER audit_change ON tickets;
DROP TRIGGER audit_new ON operations;
DROP TRIGGER audit_change ON operations;
DROP TRIGGER audit_new ON jobs;
DROP TRIGGER audit_change ON jobs;
DROP TRIGGER audit_new ON integrations;
DROP TRIGGER audit_change ON integrations;
DROP TRIGGER audit_new ON api_keys;
DROP TRIGGER audit_change ON api_keys;
DROP FUNCTION audit_session();
DROP FUNCTION audit_ticket();
DROP FUNCTION audit_operation();
DROP FUNCTION audit_job();
DROP FUNCTION audit_integration();
DROP FUNCTION audit_key();
DROP FUNCTION audit_text(text);

DROP INDEX audit_log_by_team;

-- What the former shape has no word for is lost.
DELETE FROM audit_log WHERE entity IN ('ticket', 'operation', 'job') OR to_state IN ('parked', 'removed', 'revoked');
ALTER TABLE audit_log ADD COLUMN event text;
UPDATE audit_log SET
    event = CASE entity
        WHEN 'key' THEN 'key_created'
        WHEN 'integration' THEN CASE WHEN from_state IS NULL THEN 'integration_added' ELSE 'integration_replaced' END
        ELSE CASE to_state
            WHEN 'ready' THEN 'session_imported'
            WHEN 'exporting' THEN 'export_started'
            WHEN 'export_failed' THEN 'export_failed'
            ELSE 'export_' || to_state
        END
    END,
    team_id = (SELECT id FROM teams WHERE teams.id = audit_log.team_id);
ALTER TABLE audit_log
    ALTER COLUMN event SET NOT NULL,
    ALTER COLUMN actor DROP DEFAULT,
    DROP COLUMN entity,
    DROP COLUMN entity_id,
    DROP COLUMN from_state,
    DROP COLUMN to_state,
    DROP COLUMN reason,
    ADD CONSTRAINT audit_log_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE SET NULL;
