-- What was offered to Sugar for a session's Note. Written before the offer, so that nobody who is
-- killed in between makes a second one.
CREATE TABLE note_work (
  conversation_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES conversation (id),
  unsure_until BIGINT,
  text_hashes TEXT COLLATE "C" NOT NULL,
  marks TEXT COLLATE "C" NOT NULL,
  edited BOOLEAN NOT NULL,
  attached_hash TEXT COLLATE "C"
);

-- How a member's Sugar profile writes days and times.
ALTER TABLE member ADD COLUMN date_format TEXT COLLATE "C";
ALTER TABLE member ADD COLUMN time_format TEXT COLLATE "C";
