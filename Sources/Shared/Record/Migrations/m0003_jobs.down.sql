DROP TABLE audit_log;
DROP TABLE manual_fixes;
DROP TABLE operations;
DROP TABLE job_steps;
DROP TABLE jobs;
