-- Files that an export adds to a ticket, because its description does not say everything in Jira. The next create request of
-- the ticket may word it otherwise, and must know them from the ticket's own.
ALTER TABLE attachments ADD COLUMN is_companion boolean NOT NULL DEFAULT false;
