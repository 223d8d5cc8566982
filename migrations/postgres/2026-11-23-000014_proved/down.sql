ALTER TABLE participant DROP COLUMN proved_at;
