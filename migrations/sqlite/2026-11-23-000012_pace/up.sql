-- Until when the number's carrier has enough to do with what was handed to it; free_at is where the next of many lines up.
ALTER TABLE number ADD COLUMN paced_until BIGINT NOT NULL DEFAULT 0;
