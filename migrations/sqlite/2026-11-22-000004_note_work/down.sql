ALTER TABLE member DROP COLUMN time_format;
ALTER TABLE member DROP COLUMN date_format;
DROP TABLE note_work;
