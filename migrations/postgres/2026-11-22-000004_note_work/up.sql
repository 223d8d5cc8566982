-- What was offered to Sugar for a session's Note. Written before the offer, so that nobody who is
-- killed in between makes a second one.
CREATE TABLE note_work (
  conversation_id TEXT NOT NULL PRIMARY KEY REFERENCES conversation (id),
  unsure_until BIGINT,
  text_hashes TEXT NOT NULL,
  marks TEXT NOT NULL,
  edited BOOLEAN NOT NULL,
  attached_hash TEXT
);

-- How a member's Sugar profile writes days and times.
ALTER TABLE member ADD COLUMN date_format TEXT;
ALTER TABLE member ADD COLUMN time_format TEXT;
