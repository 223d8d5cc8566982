-- What a record said of texting when Sugar last showed it. zones: of its address, between blanks.
CREATE TABLE record_reading (
  record_module TEXT COLLATE "C" NOT NULL,
  record_id TEXT COLLATE "C" NOT NULL,
  do_not_text BOOLEAN NOT NULL,
  country TEXT COLLATE "C",
  zones TEXT COLLATE "C" NOT NULL,
  read_at BIGINT NOT NULL,
  PRIMARY KEY (record_module, record_id)
);

-- request: the caller's Idempotency-Key, hashed with who he is.
ALTER TABLE consent_event ADD COLUMN request TEXT COLLATE "C";
CREATE UNIQUE INDEX consent_event_request ON consent_event (request) WHERE request IS NOT NULL;
