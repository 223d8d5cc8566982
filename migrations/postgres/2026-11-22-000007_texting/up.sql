-- free_at: until then the number's pace is spoken for.
ALTER TABLE number ADD COLUMN free_at BIGINT NOT NULL DEFAULT 0;

-- parts: how many a text is sent in. due_at: not to be sent before. resend_of: the text that a person sent again.
ALTER TABLE message ADD COLUMN parts INTEGER;
ALTER TABLE message ADD COLUMN due_at BIGINT;
ALTER TABLE message ADD COLUMN resend_of TEXT COLLATE "C";
CREATE INDEX message_resend ON message (resend_of) WHERE resend_of IS NOT NULL;

-- What the carrier said of an attempt, for an admin and the carrier's support.
ALTER TABLE attempt ADD COLUMN code TEXT COLLATE "C";

-- Everything that was said about consent, never changed. source: text, carrier, member, sugar.
CREATE TABLE consent_event (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  number_id TEXT COLLATE "C" NOT NULL REFERENCES number (id),
  peer TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  who TEXT COLLATE "C",
  text TEXT COLLATE "C",
  at BIGINT NOT NULL
);
CREATE INDEX consent_event_pair ON consent_event (number_id, peer, at);

-- Who must not be texted from which number, as the events add up.
CREATE TABLE opt_out (
  number_id TEXT COLLATE "C" NOT NULL REFERENCES number (id),
  peer TEXT COLLATE "C" NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (number_id, peer)
);

-- How much was sent by whom to whom, by hour and by day.
CREATE TABLE sent_count (
  scope TEXT COLLATE "C" NOT NULL,
  period BIGINT NOT NULL,
  count BIGINT NOT NULL,
  PRIMARY KEY (scope, period)
);
CREATE INDEX sent_count_period ON sent_count (period);
