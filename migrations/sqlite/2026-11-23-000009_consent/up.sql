-- What a record said of texting when Sugar last showed it. zones: of its address, between blanks.
CREATE TABLE record_reading (
  record_module TEXT NOT NULL,
  record_id TEXT NOT NULL,
  do_not_text BOOLEAN NOT NULL,
  country TEXT,
  zones TEXT NOT NULL,
  read_at BIGINT NOT NULL,
  PRIMARY KEY (record_module, record_id)
);

-- request: the caller's Idempotency-Key, hashed with who he is.
ALTER TABLE consent_event ADD COLUMN request TEXT;
CREATE UNIQUE INDEX consent_event_request ON consent_event (request) WHERE request IS NOT NULL;
