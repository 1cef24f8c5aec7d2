DROP TABLE pause_revision;
DROP TABLE pauses;
