-- What finished work leaves behind goes by age.

-- When the steps and other details of an ended job were dropped, for their age.
ALTER TABLE jobs ADD COLUMN trimmed_at timestamptz;

-- Serves the upkeep, which trims each job once.
CREATE INDEX jobs_to_trim ON jobs (finished_at) WHERE finished_at IS NOT NULL AND trimmed_at IS NULL;

-- Serve the upkeep, which looks for what is old: the tables are in the order of time, so that little is enough.
CREATE INDEX progress_messages_by_age ON progress_messages USING brin (created_at);
CREATE INDEX audit_log_by_age ON audit_log USING brin (at);

-- Serves the operator's list of jobs, newest first.
CREATE INDEX jobs_by_age ON jobs (created_at DESC, id);
