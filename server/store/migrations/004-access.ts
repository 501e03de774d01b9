/**
 * Who may do what: deploy keys and hooks act in their own name, tokens have limits, keys and tokens say when they
 * were last used, and the journal of events is chained.
 *
 * Tables that others refer to are made anew beside the old ones, the referring ones first: dropping `people` while
 * something refers to it would take those rows along.
 */
export const access = `
CREATE TABLE people_anew (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL DEFAULT 'person' CHECK (kind IN ('person', 'deploy-key', 'hook')),
  -- The one app of a deploy key or a hook. No reference: what it did is still told when the app is gone.
  app_id TEXT,
  admin INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  -- Who was removed is nobody any more, and is still named in what they did.
  removed_at INTEGER,
  CHECK ((kind = 'person') = (app_id IS NULL)),
  CHECK (admin = 0 OR (kind = 'person' AND removed_at IS NULL))
) STRICT;
INSERT INTO people_anew (id, name, admin, created_at) SELECT id, name, admin, created_at FROM people;

CREATE TABLE ssh_keys_anew (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people_anew(id) ON DELETE CASCADE,
  fingerprint TEXT NOT NULL UNIQUE,
  algorithm TEXT NOT NULL,
  public_key TEXT NOT NULL,
  comment TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  last_used_from TEXT
) STRICT;
INSERT INTO ssh_keys_anew (id, person_id, fingerprint, algorithm, public_key, comment, created_at)
  SELECT id, person_id, fingerprint, algorithm, public_key, comment, created_at FROM ssh_keys;

CREATE TABLE tokens_anew (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people_anew(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  -- SHA-256 of the token, which itself is kept nowhere.
  hash BLOB NOT NULL UNIQUE,
  -- Ids of the only apps that it is good for (JSON); null: all of its person's.
  apps TEXT,
  -- The most that it is in any app; null: what its person is.
  role TEXT CHECK (role IN ('viewer', 'deployer', 'owner')),
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER,
  last_used_from TEXT,
  revoked_at INTEGER
) STRICT;
INSERT INTO tokens_anew (id, person_id, name, hash, created_at, expires_at)
  SELECT id, person_id, name, hash, created_at, expires_at FROM tokens;

CREATE TABLE members_anew (
  app_id TEXT NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  person_id TEXT NOT NULL REFERENCES people_anew(id) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'deployer', 'owner')),
  PRIMARY KEY (app_id, person_id)
) STRICT, WITHOUT ROWID;
INSERT INTO members_anew SELECT app_id, person_id, role FROM members;

DROP TABLE ssh_keys;
DROP TABLE tokens;
DROP TABLE members;
DROP TABLE people;
ALTER TABLE people_anew RENAME TO people;
ALTER TABLE ssh_keys_anew RENAME TO ssh_keys;
ALTER TABLE tokens_anew RENAME TO tokens;
ALTER TABLE members_anew RENAME TO members;

CREATE UNIQUE INDEX people_by_name ON people(name) WHERE kind = 'person' AND removed_at IS NULL;
CREATE UNIQUE INDEX people_of_apps ON people(app_id, kind, name) WHERE app_id IS NOT NULL AND removed_at IS NULL;
CREATE INDEX ssh_keys_by_person ON ssh_keys(person_id);
CREATE INDEX tokens_by_person ON tokens(person_id);
CREATE INDEX members_by_person ON members(person_id);

-- Names as they were when it happened; by what (machine, key, token, hook, platform), from where, and by which key or
-- token. Each row's mac is over the one before: server/store/audit-chain.ts.
ALTER TABLE events ADD COLUMN person TEXT;
ALTER TABLE events ADD COLUMN app TEXT;
ALTER TABLE events ADD COLUMN via TEXT;
ALTER TABLE events ADD COLUMN address TEXT;
ALTER TABLE events ADD COLUMN token TEXT;
ALTER TABLE events ADD COLUMN mac BLOB;
UPDATE events SET
  person = (SELECT name FROM people WHERE people.id = events.person_id),
  app = COALESCE(
    (SELECT name FROM apps WHERE apps.id = events.app_id),
    (SELECT json_extract(made.detail, '$.name') FROM events AS made
     WHERE made.app_id = events.app_id AND made.action = 'app.create')
  );
-- Nothing of ours changes or removes a row once it is sealed.
CREATE TRIGGER events_stay BEFORE UPDATE ON events WHEN OLD.mac IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_remain BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never removed'); END;
CREATE INDEX events_by_app ON events(app_id, id);
CREATE INDEX events_by_person ON events(person_id, id);
`;
