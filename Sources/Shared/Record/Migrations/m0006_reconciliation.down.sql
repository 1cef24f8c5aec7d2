DROP TRIGGER audit_other_issue ON manual_fixes;
DROP FUNCTION audit_other_issue();
ALTER TABLE attachments DROP COLUMN upload_open_until;
ALTER TABLE manual_fixes DROP COLUMN jira_key, DROP COLUMN jira_url;
DROP INDEX sessions_by_project;
DROP INDEX operations_to_audit;
ALTER TABLE operations
    DROP CONSTRAINT operations_audit_of_created,
    DROP CONSTRAINT operations_audited_if_due,
    DROP COLUMN deadline_at,
    DROP COLUMN jira_time,
    DROP COLUMN audit_due_at,
    DROP COLUMN audited_at;
DELETE FROM jobs WHERE kind = 'audit';
ALTER TABLE jobs
    DROP CONSTRAINT jobs_kind_check,
    ADD CONSTRAINT jobs_kind_check CHECK (kind IN ('export', 'retry', 'sync', 'create', 'validate', 'notify'));
