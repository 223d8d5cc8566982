DROP INDEX consent_event_request;
ALTER TABLE consent_event DROP COLUMN request;
DROP TABLE record_reading;
