-- Delivered parts of texts, from carriers that tell of each part, until all of a text are.
CREATE TABLE part_receipt (
  message_id TEXT COLLATE "C" NOT NULL,
  provider_id TEXT COLLATE "C" NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (message_id, provider_id)
);
