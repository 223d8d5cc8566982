-- What an addition to a Note that a person changed says of each message, while nobody knows
-- whether it arrived: when it did, the next addition begins there.
ALTER TABLE note_work ADD COLUMN offered_marks TEXT COLLATE "C";
