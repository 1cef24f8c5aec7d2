-- What operators hold up. Redis enforces it; this is where it is restored from.
CREATE TABLE pauses (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope text NOT NULL CHECK (scope IN ('queue', 'site', 'kind')),
    -- The site's gate or the job's kind; empty for the queue.
    name text NOT NULL,
    paused_at timestamptz NOT NULL DEFAULT now(),
    paused_by text NOT NULL CHECK (length(paused_by) BETWEEN 1 AND 100),
    reason text NOT NULL CHECK (length(reason) <= 500),
    resumed_at timestamptz,
    resumed_by text,
    CONSTRAINT pauses_named_unless_queue CHECK ((scope = 'queue') = (name = '')),
    CONSTRAINT pauses_resumed_by_somebody CHECK ((resumed_at IS NULL) = (resumed_by IS NULL))
);

-- States the rule that nothing is paused twice at a time; serves the list of what is paused.
CREATE UNIQUE INDEX pauses_one_open ON pauses (scope, name) WHERE resumed_at IS NULL;

-- Grows by one with each change of the list; its row's lock puts the changes in order.
CREATE TABLE pause_revision (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    revision bigint NOT NULL DEFAULT 0
);
INSERT INTO pause_revision DEFAULT VALUES;
