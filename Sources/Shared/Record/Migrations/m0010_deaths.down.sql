DROP INDEX operations_by_job;
DROP INDEX job_steps_by_age;
DROP TABLE job_deaths;
ALTER TABLE jobs DROP COLUMN let_go_at;
