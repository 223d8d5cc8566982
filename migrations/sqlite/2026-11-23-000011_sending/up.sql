-- Texts of unknown outcome are looked for again and again, and there are few.
CREATE INDEX message_unknown ON message (created_at) WHERE state = 'unknown';
