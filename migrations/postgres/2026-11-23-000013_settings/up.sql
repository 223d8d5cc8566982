-- Gateways and numbers that admins set through the API. A gateway's settings hold secrets: they are
-- encrypted with secrets.key.
CREATE TABLE gateway_setting (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  sealed TEXT NOT NULL
);
CREATE TABLE number_setting (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  settings TEXT NOT NULL
);

-- One row. It goes up with every change of the two, so that nodes see that there is one.
CREATE TABLE settings_version (
  id INTEGER NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL
);
INSERT INTO settings_version (id, version) VALUES (1, 0);
