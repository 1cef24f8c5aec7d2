-- What is known of workers that died.

-- A worker that lost its lease and lives says that it runs the job no more: the next claim is no death.
ALTER TABLE jobs ADD COLUMN let_go_at timestamptz;

-- Each death of a worker under a job, written by the claim that noticed it.
CREATE TABLE job_deaths (
    job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    -- The claim that the death ended.
    epoch bigint NOT NULL,
    worker_id text NOT NULL,
    claimed_at timestamptz,
    noticed_at timestamptz NOT NULL DEFAULT now(),
    noticed_by text NOT NULL,
    -- The last step that was finished, in whatever claim.
    last_step text,
    last_step_subject_id uuid,
    last_step_at timestamptz,
    -- The create request that was intended and not settled. No foreign keys: the facts outlive what they tell of.
    open_operation_id uuid,
    open_ticket_id uuid,
    PRIMARY KEY (job_id, epoch)
);

-- Serve what is known of one job: its newest steps, its create requests.
CREATE INDEX job_steps_by_age ON job_steps (job_id, finished_at DESC);
CREATE INDEX operations_by_job ON operations (job_id, intended_at DESC);
