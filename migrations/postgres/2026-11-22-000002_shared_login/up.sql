-- The service's login at Sugar, which all nodes share. sealed: encrypted with secrets.key, empty
-- before the first login. lease_holder: who renews it; one that is still there after lease_until
-- never gave the lease back.
CREATE TABLE shared_login (
  account TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  generation BIGINT NOT NULL,
  sealed TEXT,
  lease_holder TEXT COLLATE "C",
  lease_until BIGINT NOT NULL
);
