DROP TABLE jira_users;
DROP TABLE jira_issues;
DROP TABLE sync_messages;
DROP TABLE sync_census;
DROP TABLE sync_runs;
DROP TABLE tracked_projects;
DROP FUNCTION audit_tracked_project();
DELETE FROM audit_log WHERE entity = 'tracked_project';
ALTER TABLE audit_log
    DROP CONSTRAINT audit_log_entity_check,
    ADD CONSTRAINT audit_log_entity_check
        CHECK (entity IN ('session', 'ticket', 'operation', 'job', 'integration', 'key'));
