/** Times are milliseconds since 1970. JSON columns hold what the zod contracts in core describe. */
export const first = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE people (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  admin INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE ssh_keys (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people(id) ON DELETE CASCADE,
  fingerprint TEXT NOT NULL UNIQUE,
  algorithm TEXT NOT NULL,
  public_key TEXT NOT NULL,
  comment TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE,
  scopes TEXT NOT NULL,
  expires_at INTEGER,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE targets (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  engine TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE apps (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  target_id TEXT NOT NULL REFERENCES targets(id),
  deploy_branch TEXT NOT NULL DEFAULT 'main',
  data_key BLOB NOT NULL,
  next_build INTEGER NOT NULL DEFAULT 1,
  next_release INTEGER NOT NULL DEFAULT 1,
  live_release_id TEXT,
  live_since INTEGER,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  destroyed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX apps_by_name ON apps(name) WHERE destroyed_at IS NULL;

CREATE TABLE members (
  app_id TEXT NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  person_id TEXT NOT NULL REFERENCES people(id) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'deployer', 'owner')),
  PRIMARY KEY (app_id, person_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE domains (
  host TEXT PRIMARY KEY,
  app_id TEXT NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX domains_by_app ON domains(app_id);

CREATE TABLE scale (
  app_id TEXT NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  process TEXT NOT NULL,
  replicas INTEGER NOT NULL CHECK (replicas >= 0),
  PRIMARY KEY (app_id, process)
) STRICT, WITHOUT ROWID;

CREATE TABLE config_versions (
  app_id TEXT NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  person_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (app_id, version)
) STRICT;

CREATE TABLE builds (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  commit_id TEXT NOT NULL,
  branch TEXT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('push', 'api', 'hook')),
  person_id TEXT NOT NULL,
  manifest TEXT NOT NULL,
  options TEXT NOT NULL,
  push_id TEXT,
  state TEXT NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 1,
  image TEXT,
  base_digests TEXT,
  test_image TEXT,
  tests_ran_in INTEGER,
  reason TEXT,
  superseded_by INTEGER,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  UNIQUE (app_id, number)
) STRICT;
CREATE INDEX builds_open ON builds(app_id, number) WHERE state IN ('queued', 'testing', 'building');
CREATE UNIQUE INDEX builds_by_push ON builds(app_id, push_id) WHERE push_id IS NOT NULL;
CREATE INDEX builds_by_test_image ON builds(app_id, test_image) WHERE test_image IS NOT NULL;

CREATE TABLE attempts (
  build_id TEXT NOT NULL REFERENCES builds(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  builder TEXT NOT NULL,
  instance TEXT NOT NULL,
  log_start INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  PRIMARY KEY (build_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempts_open ON attempts(builder) WHERE ended_at IS NULL;

CREATE TABLE releases (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  build_id TEXT,
  commit_id TEXT,
  image TEXT NOT NULL,
  port INTEGER NOT NULL,
  manifest TEXT NOT NULL,
  config_version INTEGER NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('build', 'config', 'rollback', 'image')),
  description TEXT NOT NULL,
  rollback_of INTEGER,
  person_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (app_id, number)
) STRICT;
CREATE UNIQUE INDEX releases_by_build ON releases(build_id) WHERE build_id IS NOT NULL AND source = 'build';

CREATE TABLE rollouts (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  release_id TEXT NOT NULL UNIQUE REFERENCES releases(id) ON DELETE CASCADE,
  target_id TEXT NOT NULL REFERENCES targets(id),
  build_id TEXT,
  previous_release_id TEXT,
  state TEXT NOT NULL,
  step INTEGER NOT NULL DEFAULT 0,
  weight INTEGER NOT NULL DEFAULT 0 CHECK (weight BETWEEN 0 AND 10000),
  plan TEXT NOT NULL,
  phase_started INTEGER NOT NULL DEFAULT 0,
  phase_ended INTEGER NOT NULL DEFAULT 0,
  time_left_ms INTEGER,
  reason TEXT,
  superseded_by INTEGER,
  created_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;
CREATE INDEX rollouts_open ON rollouts(app_id) WHERE state IN ('starting', 'canary', 'promoting');

-- Releases whose containers must go once their last requests have ended, so that a crash forgets none.
CREATE TABLE retiring (
  release_id TEXT PRIMARY KEY REFERENCES releases(id) ON DELETE CASCADE,
  app_id TEXT NOT NULL,
  grace_seconds INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  person_id TEXT,
  app_id TEXT,
  action TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;

CREATE TABLE idempotency (
  key TEXT PRIMARY KEY,
  request_hash BLOB NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;
