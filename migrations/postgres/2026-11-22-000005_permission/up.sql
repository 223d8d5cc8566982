-- The file name of the user's picture in Sugar.
ALTER TABLE member ADD COLUMN picture TEXT COLLATE "C";

-- refused: Sugar no longer shows the member the record, so the session is not offered to him again.
ALTER TABLE participant ADD COLUMN refused BOOLEAN NOT NULL DEFAULT FALSE;

-- When the nodes next read Sugar's users, next read all of them, and the newest change they know (ms).
CREATE TABLE member_sync (
  id INTEGER NOT NULL PRIMARY KEY,
  due_at BIGINT NOT NULL,
  full_at BIGINT NOT NULL,
  newest BIGINT NOT NULL
);
INSERT INTO member_sync (id, due_at, full_at, newest) VALUES (1, 0, 0, 0);

-- Sugar's statements that were used, until they end by themselves.
CREATE TABLE used_assertion (
  jti TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  expires_at BIGINT NOT NULL
);
