-- The record that a Note was put on last: it moves when its session is linked to another one.
ALTER TABLE note_work ADD COLUMN record_module TEXT;
ALTER TABLE note_work ADD COLUMN record_id TEXT;
