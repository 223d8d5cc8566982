ALTER TABLE number DROP COLUMN paced_until;
