DROP INDEX jobs_by_age;
DROP INDEX audit_log_by_age;
DROP INDEX progress_messages_by_age;
DROP INDEX jobs_to_trim;
ALTER TABLE jobs DROP COLUMN trimmed_at;
