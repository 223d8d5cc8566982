ALTER TABLE note_work DROP COLUMN offered_marks;
