-- Who uses Tramline: teams, their API keys and their credentials for Jira sites.

CREATE TABLE teams (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> '' AND length(name) <= 100),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (name <> '' AND length(name) <= 100),
    -- What people may see of the key: enough to tell two apart, useless to a thief.
    prefix text NOT NULL,
    -- The key itself is shown once and stored nowhere. The index serves every request's look-up.
    key_hash bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    scopes text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at timestamptz
);

CREATE TABLE integrations (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    -- The team's name for the site, as in an import's "site".
    site text NOT NULL CHECK (site <> '' AND length(site) <= 100),
    -- Where requests go, and what browsers open: they differ for OAuth's gateway.
    base_url text NOT NULL,
    browse_url text NOT NULL,
    -- The gate that all requests to the site pass, whichever team sends them.
    gate text NOT NULL CHECK (gate <> ''),
    auth_kind text NOT NULL CHECK (auth_kind IN ('api_token', 'oauth')),
    account_email text,
    -- AES-GCM, bound to this row's id.
    sealed_secret bytea NOT NULL,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'parked')),
    parked_reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT integrations_one_per_site UNIQUE (team_id, site),
    CONSTRAINT integrations_parked_with_reason CHECK ((state = 'parked') = (parked_reason IS NOT NULL)),
    CONSTRAINT integrations_token_has_email CHECK (auth_kind <> 'api_token' OR account_email IS NOT NULL)
);
