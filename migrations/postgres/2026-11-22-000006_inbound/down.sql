DROP TABLE picture;
DROP TABLE fetched_until;
DROP TABLE early_receipt;
DROP TABLE text_part;
DROP TABLE proven_gateway;
DROP TABLE held_call;
ALTER TABLE message DROP COLUMN pictures;
ALTER TABLE message DROP COLUMN sent_at;
