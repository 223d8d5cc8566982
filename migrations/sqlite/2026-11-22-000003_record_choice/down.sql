DROP TABLE record_choice;
ALTER TABLE sms_session DROP COLUMN record_match;
