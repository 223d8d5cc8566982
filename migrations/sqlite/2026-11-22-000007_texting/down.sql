DROP TABLE sent_count;
DROP TABLE opt_out;
DROP TABLE consent_event;
ALTER TABLE attempt DROP COLUMN code;
DROP INDEX message_resend;
ALTER TABLE message DROP COLUMN resend_of;
ALTER TABLE message DROP COLUMN due_at;
ALTER TABLE message DROP COLUMN parts;
ALTER TABLE number DROP COLUMN free_at;
