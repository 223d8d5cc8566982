-- What Sugar said of the peer's number, while no record is linked: pending, none or several.
ALTER TABLE sms_session ADD COLUMN record_match TEXT COLLATE "C" NOT NULL DEFAULT 'pending';
UPDATE sms_session SET record_match = 'none' WHERE NOT EXISTS
  (SELECT 1 FROM outbox WHERE outbox.kind = 'route_session' AND outbox.subject = sms_session.conversation_id);

-- Which of the records that share a number people mean.
CREATE TABLE record_choice (
  peer TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  record_module TEXT COLLATE "C" NOT NULL,
  record_id TEXT COLLATE "C" NOT NULL,
  chosen_at BIGINT NOT NULL
);
