-- When Sugar last showed the member the record of the session at a sign-in or a renewal (ms); 0 is never.
ALTER TABLE participant ADD COLUMN proved_at BIGINT NOT NULL DEFAULT 0;
