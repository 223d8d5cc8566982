-- Sugar's users, as last seen.
CREATE TABLE member (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  title TEXT,
  department TEXT,
  time_zone TEXT,
  active BOOLEAN NOT NULL,
  presence_choice TEXT NOT NULL
);

-- A panel's opaque token, hashed.
CREATE TABLE sign_in (
  token_hash TEXT NOT NULL PRIMARY KEY,
  member_id TEXT NOT NULL REFERENCES member (id),
  browser_id TEXT NOT NULL,
  admin BOOLEAN NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sign_in_member ON sign_in (member_id);

-- An integrator's key, hashed; scopes and numbers are lists between blanks.
CREATE TABLE api_key (
  id TEXT NOT NULL PRIMARY KEY,
  secret_hash TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  numbers TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT,
  revoked_at BIGINT
);

-- Our numbers, copied from the configuration at start.
CREATE TABLE number (
  id TEXT NOT NULL PRIMARY KEY,
  e164 TEXT NOT NULL,
  label TEXT NOT NULL,
  gateway_id TEXT NOT NULL
);

-- chat_key: the members' ids in order, so that two members share one chat.
CREATE TABLE conversation (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  chat_key TEXT UNIQUE,
  created_at BIGINT NOT NULL
);

-- left_at: a session was offered to the member, and somebody else claimed it.
CREATE TABLE participant (
  conversation_id TEXT NOT NULL REFERENCES conversation (id),
  member_id TEXT NOT NULL REFERENCES member (id),
  read_seq BIGINT NOT NULL,
  left_at BIGINT,
  PRIMARY KEY (conversation_id, member_id)
);
CREATE INDEX participant_member ON participant (member_id);

CREATE TABLE sms_session (
  conversation_id TEXT NOT NULL PRIMARY KEY REFERENCES conversation (id),
  number_id TEXT NOT NULL REFERENCES number (id),
  peer TEXT NOT NULL,
  record_module TEXT,
  record_id TEXT,
  owner_id TEXT REFERENCES member (id),
  state TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  closed_at BIGINT,
  note_state TEXT NOT NULL,
  note_id TEXT,
  note_reason TEXT
);
CREATE UNIQUE INDEX one_open_session ON sms_session (number_id, peer) WHERE state = 'open';
CREATE INDEX sms_session_pair ON sms_session (peer, number_id);
CREATE INDEX sms_session_state ON sms_session (state);

CREATE TABLE message (
  seq INTEGER NOT NULL PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  conversation_id TEXT NOT NULL REFERENCES conversation (id),
  sender_kind TEXT NOT NULL,
  sender_id TEXT NOT NULL,
  text TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  gateway_id TEXT,
  provider_id TEXT,
  created_at BIGINT NOT NULL
);
CREATE INDEX message_conversation ON message (conversation_id, seq);
CREATE UNIQUE INDEX message_provider ON message (gateway_id, provider_id) WHERE provider_id IS NOT NULL;

-- Written before the first byte goes to a carrier: what may have been sent is never sent again by itself.
CREATE TABLE attempt (
  id TEXT NOT NULL PRIMARY KEY,
  message_id TEXT NOT NULL REFERENCES message (id),
  outcome TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  finished_at BIGINT
);
CREATE INDEX attempt_message ON attempt (message_id);

-- Work outside, written with its cause; jobs of one lane run in order. node_id: who holds the lease.
CREATE TABLE outbox (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  lane TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  tries INTEGER NOT NULL,
  lease_until BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  parked BOOLEAN NOT NULL,
  last_error TEXT,
  created_at BIGINT NOT NULL,
  node_id TEXT
);
CREATE INDEX outbox_due ON outbox (parked, due_at);
CREATE INDEX outbox_lane ON outbox (lane, id);

-- The one log: id order is commit order. audience: * or member ids between blanks.
CREATE TABLE log (
  id BIGINT NOT NULL PRIMARY KEY,
  audience TEXT NOT NULL,
  event TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
-- The last row's id and time.
CREATE TABLE log_counter (
  id INTEGER NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL,
  at BIGINT NOT NULL
);
INSERT INTO log_counter (id, value, at) VALUES (1, 0, 0);

-- The processes that serve this database; one whose lease ran out is dead.
CREATE TABLE node (
  id TEXT NOT NULL PRIMARY KEY,
  lease_until BIGINT NOT NULL,
  presence_version BIGINT NOT NULL
);

-- Who is not offline at which node.
CREATE TABLE node_presence (
  node_id TEXT NOT NULL REFERENCES node (id) ON DELETE CASCADE,
  member_id TEXT NOT NULL,
  state TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (node_id, member_id)
);
