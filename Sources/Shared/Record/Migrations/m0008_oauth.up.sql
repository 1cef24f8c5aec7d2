-- OAuth 2.0 (3LO): consents that are asked for, what was granted, and the integrations that live by a grant.

CREATE TABLE oauth_grants (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    -- The newest pair; AES-GCM, bound to this row and their columns.
    sealed_access_token bytea NOT NULL,
    sealed_refresh_token bytea NOT NULL,
    issued_at timestamptz NOT NULL,
    access_expires_at timestamptz NOT NULL,
    scopes text[] NOT NULL,

    -- Grows by one with each attempt to get a new pair; what an older attempt brings is refused.
    refresh_epoch bigint NOT NULL DEFAULT 0,
    -- Until then one worker gets a new pair, and no other tries. Past and not null: nobody knows whether the refresh token
    -- was used, so it is to be used again soon, while Atlassian still takes it.
    refresh_until timestamptz,
    -- The first attempt since the newest pair.
    refresh_begun_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT oauth_grants_attempt CHECK ((refresh_until IS NULL) = (refresh_begun_at IS NULL)),
    CONSTRAINT oauth_grants_revoked_is_final CHECK (revoked_at IS NULL OR refresh_until IS NULL)
);

-- Serve the look for attempts that were not finished, and for grants that would run out unused.
CREATE INDEX oauth_grants_unfinished ON oauth_grants (refresh_until) WHERE refresh_until IS NOT NULL;
CREATE INDEX oauth_grants_oldest ON oauth_grants (issued_at) WHERE revoked_at IS NULL;

CREATE TABLE oauth_consents (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    -- Who asked for it, as the audit trail names actors: what comes of it is put down to them.
    actor text NOT NULL CHECK (actor <> ''),
    -- The state itself is in the browser's address only. The index serves the look-up by the callback.
    state_hash bytea NOT NULL UNIQUE CHECK (length(state_hash) = 32),
    -- AES-GCM, bound to this row and their columns.
    sealed_verifier bytea NOT NULL,
    sealed_code bytea,
    -- The address that the browser comes back to: Atlassian wants to hear it again with the code.
    redirect_uri text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    -- A state is good once.
    used_at timestamptz,
    -- What the code was exchanged for, while its sites are not known yet. Serves the check whether a grant is in use.
    grant_id uuid UNIQUE REFERENCES oauth_grants (id) ON DELETE SET NULL,
    CONSTRAINT oauth_consents_code_when_used CHECK (sealed_code IS NULL OR used_at IS NOT NULL)
);

-- Serves the removal of what nobody came back for.
CREATE INDEX oauth_consents_expired ON oauth_consents (expires_at);

ALTER TABLE integrations
    ADD COLUMN grant_id uuid REFERENCES oauth_grants (id),
    -- Atlassian's id of the site.
    ADD COLUMN cloud_id uuid,
    ALTER COLUMN sealed_secret DROP NOT NULL,
    ADD CONSTRAINT integrations_credential_of_its_kind CHECK (
        CASE auth_kind
            WHEN 'api_token' THEN sealed_secret IS NOT NULL AND grant_id IS NULL
            ELSE sealed_secret IS NULL AND grant_id IS NOT NULL AND cloud_id IS NOT NULL
        END
    );

-- States the rule that a team has one integration for each site of Atlassian's; serves a repeated consent.
CREATE UNIQUE INDEX integrations_one_per_cloud_site ON integrations (team_id, cloud_id) WHERE cloud_id IS NOT NULL;

-- Serves the parking of all that lives by a grant, and the check whether anything does.
CREATE INDEX integrations_by_grant ON integrations (grant_id) WHERE grant_id IS NOT NULL;

ALTER TABLE jobs
    DROP CONSTRAINT jobs_kind_check,
    ADD CONSTRAINT jobs_kind_check
        CHECK (kind IN ('export', 'retry', 'sync', 'create', 'validate', 'notify', 'audit', 'connect'));

-- A new grant is another credential; the pairs that follow each other in one are not.
DROP TRIGGER audit_change ON integrations;
CREATE TRIGGER audit_change AFTER UPDATE OF state, base_url, sealed_secret, grant_id ON integrations FOR EACH ROW
    WHEN (
        OLD.state IS DISTINCT FROM NEW.state OR OLD.base_url IS DISTINCT FROM NEW.base_url
        OR OLD.sealed_secret IS DISTINCT FROM NEW.sealed_secret OR OLD.grant_id IS DISTINCT FROM NEW.grant_id
    )
    EXECUTE FUNCTION audit_integration();
