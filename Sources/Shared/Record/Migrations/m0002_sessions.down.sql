DROP TABLE progress_messages;
DROP TABLE attachment_chunks;
DROP TABLE attachments;
DROP TABLE ticket_dependencies;
DROP TABLE tickets;
DROP TABLE sessions;
