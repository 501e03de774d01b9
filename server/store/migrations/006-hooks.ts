/** Web hooks: who may ask from outside for a deploy, what came, and what was seen already. */
export const hooks = `
CREATE TABLE hooks (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('github', 'gitlab', 'generic')),
  -- The branch whose changes it deploys; null: the app's deploy branch.
  branch TEXT,
  secret BLOB NOT NULL,
  -- The one before a rotation, and until when it is good.
  old_secret BLOB,
  old_until INTEGER,
  enabled INTEGER NOT NULL DEFAULT 1,
  -- Who made it, and as whom it acts.
  person_id TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  rotated_at INTEGER,
  -- The last message that was not taken, and why: what helps most while a hook is being set up.
  refused_at INTEGER,
  refused_code TEXT,
  UNIQUE (app_id, name)
) STRICT;

CREATE TABLE deliveries (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  app_id TEXT NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  hook_id TEXT NOT NULL REFERENCES hooks(id) ON DELETE CASCADE,
  received_at INTEGER NOT NULL,
  -- Where from, as far as the proxies in front are trusted.
  address TEXT NOT NULL,
  event TEXT NOT NULL,
  -- The sender's own name of it, for people.
  sent_id TEXT,
  -- Headers that say what the body means (JSON), and the body while it is kept.
  headers TEXT NOT NULL,
  body BLOB,
  body_hash BLOB NOT NULL,
  wish TEXT,
  state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'ignored', 'failed')),
  reason TEXT,
  -- HTTP status that it was answered with.
  status INTEGER NOT NULL,
  build_id TEXT,
  release_id TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  repeats INTEGER NOT NULL DEFAULT 0,
  redelivery_of TEXT,
  person_id TEXT NOT NULL,
  finished_at INTEGER
) STRICT;
CREATE INDEX deliveries_pending ON deliveries(app_id, number) WHERE state = 'pending';
CREATE INDEX deliveries_by_app ON deliveries(app_id, number);
CREATE INDEX deliveries_by_hook ON deliveries(hook_id, number);
CREATE INDEX deliveries_with_body ON deliveries(received_at) WHERE body IS NOT NULL;

-- What must not count twice: the id or the body's hash that the signature is over.
CREATE TABLE deliveries_seen (
  hook_id TEXT NOT NULL REFERENCES hooks(id) ON DELETE CASCADE,
  key BLOB NOT NULL,
  body_hash BLOB NOT NULL,
  delivery_id TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (hook_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_seen_by_end ON deliveries_seen(expires_at);

-- USER of an image that no build of ours has made; null: that of its build.
ALTER TABLE releases ADD COLUMN image_user TEXT;
`;
