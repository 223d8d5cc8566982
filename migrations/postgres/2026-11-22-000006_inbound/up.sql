-- sent_at: when the carrier says that a text was sent. pictures: what is shown of them, as JSON.
ALTER TABLE message ADD COLUMN sent_at BIGINT;
ALTER TABLE message ADD COLUMN pictures TEXT COLLATE "C";

-- Calls of carriers that could not be believed or applied; an admin releases or deletes them.
-- digest: one row for a call however often it is repeated. why: signature, form, number.
CREATE TABLE held_call (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  gateway_id TEXT COLLATE "C" NOT NULL,
  digest TEXT COLLATE "C" NOT NULL UNIQUE,
  why TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  call TEXT COLLATE "C" NOT NULL,
  times BIGINT NOT NULL,
  received_at BIGINT NOT NULL
);
CREATE INDEX held_call_age ON held_call (received_at);

-- Gateways of which a correctly signed call has reached us: from then on others are refused.
CREATE TABLE proven_gateway (
  gateway_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  since BIGINT NOT NULL
);

-- Parts of longer texts; message_id: the message that they became.
CREATE TABLE text_part (
  gateway_id TEXT COLLATE "C" NOT NULL,
  provider_id TEXT COLLATE "C" NOT NULL,
  own_number TEXT COLLATE "C" NOT NULL,
  peer TEXT COLLATE "C" NOT NULL,
  reference TEXT COLLATE "C" NOT NULL,
  number INTEGER NOT NULL,
  total INTEGER NOT NULL,
  text TEXT COLLATE "C" NOT NULL,
  sent_at BIGINT,
  received_at BIGINT NOT NULL,
  message_id TEXT COLLATE "C",
  PRIMARY KEY (gateway_id, provider_id)
);
CREATE INDEX text_part_waiting ON text_part (message_id, received_at);

-- Receipts that came before the carrier's answer said which text they are about.
CREATE TABLE early_receipt (
  gateway_id TEXT COLLATE "C" NOT NULL,
  provider_id TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C",
  opted_out BOOLEAN NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (gateway_id, provider_id, state)
);

-- Until when the texts of a number have been fetched from its carrier's list.
CREATE TABLE fetched_until (
  number_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES number (id),
  at BIGINT NOT NULL
);

-- Pictures that came with a text. url: where the carrier keeps it, until we do.
CREATE TABLE picture (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  message_id TEXT COLLATE "C" NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  gateway_id TEXT COLLATE "C" NOT NULL,
  url TEXT COLLATE "C",
  told_type TEXT COLLATE "C" NOT NULL,
  content BYTEA
);
CREATE INDEX picture_message ON picture (message_id);
