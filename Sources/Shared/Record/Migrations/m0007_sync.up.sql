-- What is pulled from Jira: tracked projects, the runs of their syncs, their issues, and the people whom issues name.

CREATE TABLE tracked_projects (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    -- Not removed with it: an integration that projects are tracked by is in use.
    integration_id uuid NOT NULL REFERENCES integrations (id),
    -- The number that stays when a project's key changes.
    jira_project_id text NOT NULL CHECK (jira_project_id <> ''),
    jira_project_key text NOT NULL CHECK (jira_project_key <> ''),
    name text NOT NULL,
    -- Whether it is synced by schedule; a paused project keeps its issues as they were.
    is_active boolean NOT NULL DEFAULT true,
    sync_interval_seconds integer NOT NULL CHECK (sync_interval_seconds BETWEEN 60 AND 604800),

    sync_status text NOT NULL DEFAULT 'pending' CHECK (sync_status IN ('pending', 'syncing', 'complete', 'error')),
    last_sync_at timestamptz,
    last_full_sync_at timestamptz,
    next_sync_at timestamptz NOT NULL DEFAULT now(),
    -- A person wants everything read anew; cleared when that has been done.
    full_sync_requested_at timestamptz,
    error_category text CHECK (error_category IN ('user_fixable', 'admin_required', 'temporary')),
    error_code text,
    error_message text,
    error_actions text[],

    -- Every change up to here has been seen, as far as Jira's search index knew of it; by Jira's clock.
    synced_to timestamptz,
    -- When changes that the index shows late were last looked for, and when all ids were last compared.
    trailed_at timestamptz,
    census_at timestamptz,
    -- The account that the issues were seen as: another one may see others.
    account_id text,
    -- The setting, and what was found where there is none.
    story_points_field text,
    found_story_points_field text,
    found_sprint_field text,
    fields_found_at timestamptz,

    -- The number of the newest progress message; grows by one with each, in the transaction that stores it.
    progress_sequence bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),

    -- Each site numbers its projects by itself. Serves the look for the project that an issue has moved to.
    CONSTRAINT tracked_projects_once UNIQUE (team_id, integration_id, jira_project_id),
    CONSTRAINT tracked_projects_error_with_reason CHECK ((sync_status = 'error') = (error_category IS NOT NULL)),
    CONSTRAINT tracked_projects_complete_with_time CHECK (sync_status <> 'complete' OR last_sync_at IS NOT NULL)
);

-- Serves the scheduler's look for what is due.
CREATE INDEX tracked_projects_due ON tracked_projects (next_sync_at) WHERE is_active;

-- Serves the check whether an integration is in use.
CREATE INDEX tracked_projects_by_integration ON tracked_projects (integration_id);

CREATE TABLE sync_runs (
    id uuid PRIMARY KEY,
    tracked_project_id uuid NOT NULL REFERENCES tracked_projects (id) ON DELETE CASCADE,
    -- The job that does it, or did.
    job_id uuid NOT NULL,
    full_sync boolean NOT NULL,
    status text NOT NULL DEFAULT 'syncing' CHECK (status IN ('syncing', 'complete', 'error', 'cancelled')),

    -- Where it goes on: the step, the page of the search, the last id that was fetched, and what it looks for.
    phase text NOT NULL,
    page_token text,
    last_id bigint,
    changed_since timestamptz,
    -- The newest change that the search has shown in this run.
    newest_change timestamptz,
    account_id text,

    issues_listed bigint NOT NULL DEFAULT 0,
    issues_synced bigint NOT NULL DEFAULT 0,
    issues_created bigint NOT NULL DEFAULT 0,
    issues_updated bigint NOT NULL DEFAULT 0,
    issues_moved bigint NOT NULL DEFAULT 0,
    issues_removed bigint NOT NULL DEFAULT 0,
    warnings text[] NOT NULL DEFAULT '{}',

    error_category text CHECK (error_category IN ('user_fixable', 'admin_required', 'temporary')),
    error_code text,
    error_message text,
    error_actions text[],
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    CONSTRAINT sync_runs_finished_when_final CHECK ((status = 'syncing') = (finished_at IS NULL)),
    CONSTRAINT sync_runs_error_with_reason CHECK ((status = 'error') = (error_category IS NOT NULL))
);

-- States the rule that a project has at most one open run; serves the look for it.
CREATE UNIQUE INDEX sync_runs_one_open ON sync_runs (tracked_project_id) WHERE status = 'syncing';

-- Serves the list of a project's runs, newest first.
CREATE INDEX sync_runs_by_project ON sync_runs (tracked_project_id, started_at DESC, id DESC);

-- The ids that Jira has listed in an open run.
CREATE TABLE sync_census (
    run_id uuid NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE,
    jira_id bigint NOT NULL,
    PRIMARY KEY (run_id, jira_id)
);

CREATE TABLE sync_messages (
    tracked_project_id uuid NOT NULL REFERENCES tracked_projects (id) ON DELETE CASCADE,
    sequence bigint NOT NULL CHECK (sequence >= 1),
    job_id uuid NOT NULL,
    type text NOT NULL CHECK (type IN ('sync_progress', 'sync_complete', 'sync_failed')),
    -- JSON exactly as it is sent, so that all clients see the same bytes.
    message text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tracked_project_id, sequence)
);

CREATE TABLE jira_issues (
    integration_id uuid NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
    -- Stays when the issue moves.
    jira_id bigint NOT NULL,
    -- The project that it is in; of a removed issue, the last one that was tracked.
    tracked_project_id uuid NOT NULL REFERENCES tracked_projects (id) ON DELETE CASCADE,
    jira_key text NOT NULL,
    -- The keys that it had before, oldest first.
    former_keys text[] NOT NULL DEFAULT '{}',
    summary text NOT NULL,
    issue_type text NOT NULL,
    status text NOT NULL,
    -- The category's key, which no translation changes: new, indeterminate, done.
    status_category text,
    priority text,
    assignee_account_id text,
    reporter_account_id text,
    story_points double precision,
    -- The sprint that counts now; all that the issue has been in are in the list, as Jira gave them.
    sprint_id bigint,
    sprint_name text,
    sprints jsonb NOT NULL DEFAULT '[]',
    issue_created_at timestamptz NOT NULL,
    issue_updated_at timestamptz NOT NULL,
    resolved_at timestamptz,
    cycle_time_hours double precision,
    -- All fields, as Jira gave them.
    fields jsonb NOT NULL,
    synced_at timestamptz NOT NULL DEFAULT now(),

    -- Since when Jira has not given it any more, and how often it was asked for since.
    missing_since timestamptz,
    missing_checks integer NOT NULL DEFAULT 0,
    missing_checked_at timestamptz,
    removed_at timestamptz,
    removed_reason text CHECK (removed_reason IN ('deleted', 'moved')),
    PRIMARY KEY (integration_id, jira_id),
    CONSTRAINT jira_issues_removed_with_reason CHECK ((removed_at IS NULL) = (removed_reason IS NULL)),
    CONSTRAINT jira_issues_checked_while_missing CHECK (missing_since IS NOT NULL OR missing_checks = 0)
);

-- Serves a project's list, in the order of ids, and the comparison with Jira's ids.
CREATE INDEX jira_issues_by_project ON jira_issues (tracked_project_id, jira_id) WHERE removed_at IS NULL;

-- Serves the look for issues that have to be asked for again.
CREATE INDEX jira_issues_missing ON jira_issues (tracked_project_id, jira_id)
    WHERE removed_at IS NULL AND missing_since IS NOT NULL;

-- Serve the look by key, present and former.
CREATE INDEX jira_issues_by_key ON jira_issues (jira_key);
CREATE INDEX jira_issues_by_former_key ON jira_issues USING gin (former_keys);

-- Everybody whom an issue names, as the account of the integration may see them.
CREATE TABLE jira_users (
    integration_id uuid NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
    account_id text NOT NULL CHECK (account_id <> ''),
    display_name text NOT NULL,
    -- The newest that was shown; most people hide it.
    email text,
    -- atlassian, app, customer, or whatever else Jira says.
    account_type text NOT NULL,
    active boolean NOT NULL,
    first_seen timestamptz NOT NULL DEFAULT now(),
    -- To the hour: a sighting within an hour of the last is not written.
    last_seen timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (integration_id, account_id)
);

-- The trail tells who tracks what, and what was untracked for which reason; each sync is in its job's history.
ALTER TABLE audit_log
    DROP CONSTRAINT audit_log_entity_check,
    ADD CONSTRAINT audit_log_entity_check
        CHECK (entity IN ('session', 'ticket', 'operation', 'job', 'integration', 'key', 'tracked_project'));

CREATE FUNCTION audit_tracked_project() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_log (entity, entity_id, team_id, from_state, to_state, reason, detail)
    VALUES (
        'tracked_project', COALESCE(NEW.id, OLD.id), COALESCE(NEW.team_id, OLD.team_id),
        CASE WHEN TG_OP <> 'INSERT' THEN CASE WHEN OLD.is_active THEN 'active' ELSE 'paused' END END,
        CASE WHEN TG_OP = 'DELETE' THEN 'untracked' WHEN NEW.is_active THEN 'active' ELSE 'paused' END,
        CASE
            WHEN TG_OP = 'INSERT' THEN 'tracked'
            WHEN TG_OP = 'DELETE' THEN 'untracked'
            WHEN NEW.is_active THEN 'resumed'
            ELSE COALESCE(NEW.error_message, 'paused')
        END,
        jsonb_build_object('jira_project_key', COALESCE(NEW.jira_project_key, OLD.jira_project_key))
    );
    RETURN NULL;
END
$$;

CREATE TRIGGER audit_new AFTER INSERT OR DELETE ON tracked_projects
    FOR EACH ROW EXECUTE FUNCTION audit_tracked_project();
CREATE TRIGGER audit_change AFTER UPDATE OF is_active ON tracked_projects FOR EACH ROW
    WHEN (OLD.is_active IS DISTINCT FROM NEW.is_active) EXECUTE FUNCTION audit_tracked_project();
