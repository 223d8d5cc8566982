ALTER TABLE note_work DROP COLUMN record_id;
ALTER TABLE note_work DROP COLUMN record_module;
