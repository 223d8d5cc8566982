DROP TABLE used_assertion;
DROP TABLE member_sync;
ALTER TABLE participant DROP COLUMN refused;
ALTER TABLE member DROP COLUMN picture;
