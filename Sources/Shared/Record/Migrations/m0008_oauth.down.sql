DROP TRIGGER audit_change ON integrations;
DELETE FROM jobs WHERE kind = 'connect';
ALTER TABLE jobs
    DROP CONSTRAINT jobs_kind_check,
    ADD CONSTRAINT jobs_kind_check CHECK (kind IN ('export', 'retry', 'sync', 'create', 'validate', 'notify', 'audit'));
ALTER TABLE integrations DROP CONSTRAINT integrations_credential_of_its_kind;
-- Sessions may use them: they stay, without a credential.
UPDATE integrations SET
    sealed_secret = '\x', state = 'parked',
    parked_reason = COALESCE(parked_reason, 'This version knows no OAuth: add it again with an API token.')
WHERE auth_kind = 'oauth';
DROP INDEX integrations_by_grant;
DROP INDEX integrations_one_per_cloud_site;
ALTER TABLE integrations
    DROP COLUMN grant_id,
    DROP COLUMN cloud_id,
    ALTER COLUMN sealed_secret SET NOT NULL;
DROP TABLE oauth_consents;
DROP TABLE oauth_grants;
CREATE TRIGGER audit_change AFTER UPDATE OF state, base_url, sealed_secret ON integrations FOR EACH ROW
    WHEN (
        OLD.state IS DISTINCT FROM NEW.state OR OLD.base_url IS DISTINCT FROM NEW.base_url
        OR OLD.sealed_secret IS DISTINCT FROM NEW.sealed_secret
    )
    EXECUTE FUNCTION audit_integration();
