/**
 * Linked repositories, and what the platform tells others. Events are written by triggers, so that they are in the
 * transaction of the change itself and no way of making it, today's or a later one, can leave them out.
 */

/** Where nobody listens, nothing is written: most apps need none of this, and their journal stays as small as it was. */
const SOMEBODY_LISTENS = `(
  EXISTS (SELECT 1 FROM notify_endpoints WHERE (app_id = NEW.app_id OR app_id IS NULL) AND disabled IS NULL)
  OR EXISTS (SELECT 1 FROM linked_repositories WHERE app_id = NEW.app_id AND reports = 1)
)`;

interface Announcement {
  readonly name: string;
  /** As SQLite writes the moment. */
  readonly after: string;
  readonly when?: string;
  /** Expressions over NEW. */
  readonly type: string;
  readonly subject: string;
  readonly facts: string;
}

function trigger({ name, after, when = '1', type, subject, facts }: Announcement): string {
  return `
CREATE TRIGGER announce_${name} AFTER ${after} WHEN ${when} AND ${SOMEBODY_LISTENS}
BEGIN
  INSERT INTO outgoing_events (message, at, app_id, type, subject, facts)
  VALUES ('msg_' || lower(hex(randomblob(12))), CAST(unixepoch('subsec') * 1000 AS INTEGER), NEW.app_id, ${type}, ${subject}, ${facts});
END;`;
}

const BUILD_FACTS = `json_object('state', NEW.state, 'attempt', NEW.attempt, 'reason', json(NEW.reason), 'supersededBy', NEW.superseded_by)`;
const ROLLOUT_FACTS = `json_object('state', NEW.state, 'step', NEW.step, 'weight', NEW.weight, 'reason', json(NEW.reason),
  'supersededBy', NEW.superseded_by)`;

const ANNOUNCEMENTS: readonly Announcement[] = [
  {
    name: 'build',
    after: 'INSERT ON builds',
    type: `'build.created'`,
    subject: 'NEW.id',
    facts: BUILD_FACTS,
  },
  {
    name: 'build_state',
    after: 'UPDATE OF state ON builds',
    when: `NEW.state <> OLD.state AND NEW.state <> 'queued' AND NOT (OLD.state = 'testing' AND NEW.state = 'building')`,
    type: `CASE WHEN NEW.state IN ('testing', 'building') THEN 'build.started' ELSE 'build.' || NEW.state END`,
    subject: 'NEW.id',
    facts: BUILD_FACTS,
  },
  {
    name: 'release',
    after: 'INSERT ON releases',
    type: `'release.created'`,
    subject: 'NEW.id',
    facts: `'{}'`,
  },
  {
    name: 'rollout',
    after: 'INSERT ON rollouts',
    type: `'rollout.started'`,
    subject: 'NEW.id',
    facts: ROLLOUT_FACTS,
  },
  {
    name: 'rollout_state',
    after: 'UPDATE OF state, step ON rollouts',
    when: `(NEW.state <> OLD.state OR NEW.step <> OLD.step) AND NEW.state NOT IN ('starting', 'promoting')`,
    type: `CASE NEW.state WHEN 'canary' THEN 'rollout.step' WHEN 'live' THEN 'rollout.promoted' ELSE 'rollout.' || NEW.state END`,
    subject: 'NEW.id',
    facts: ROLLOUT_FACTS,
  },
  {
    name: 'config',
    after: 'INSERT ON config_versions',
    type: `'config.changed'`,
    subject: 'CAST(NEW.version AS TEXT)',
    facts: `'{}'`,
  },
];

export const outgoing = `
CREATE TABLE linked_repositories (
  app_id TEXT PRIMARY KEY REFERENCES apps(id) ON DELETE CASCADE,
  url TEXT NOT NULL,
  -- Null: the app's deploy branch.
  branch TEXT,
  -- Whose API takes commit statuses; null: nobody's.
  provider TEXT CHECK (provider IN ('github', 'gitlab', 'gitea')),
  -- Of the deploy key; null where there is none.
  public_key TEXT,
  -- What the host showed when it was first asked, as lines of a known_hosts file.
  host_keys TEXT,
  -- Deploy key, token and status token, by the app's data key.
  sealed BLOB NOT NULL,
  -- Whether commit statuses go out.
  reports INTEGER NOT NULL,
  person_id TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE notify_endpoints (
  id TEXT PRIMARY KEY,
  -- Null: of all apps.
  app_id TEXT REFERENCES apps(id) ON DELETE CASCADE,
  -- JSON array of types, with * as the last part of one.
  events TEXT NOT NULL,
  -- URL and secret: the first often holds a password, too.
  sealed BLOB NOT NULL,
  person_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- Why nothing is sent to it any more; null: it is.
  disabled TEXT
) STRICT;
CREATE INDEX notify_endpoints_by_app ON notify_endpoints(app_id);

CREATE TABLE outgoing_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- The same for all receivers and attempts, so that a repeat is known.
  message TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  app_id TEXT NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  type TEXT NOT NULL,
  -- Id of what it is about; of config the version.
  subject TEXT NOT NULL,
  -- What of it may have changed when this is read.
  facts TEXT NOT NULL,
  -- As it is sent; null: nobody has been found yet whom it is for.
  body TEXT
) STRICT;
CREATE INDEX outgoing_events_new ON outgoing_events(id) WHERE body IS NULL;
CREATE INDEX outgoing_events_by_app ON outgoing_events(app_id);

CREATE TABLE outgoing_deliveries (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  event_id INTEGER NOT NULL REFERENCES outgoing_events(id) ON DELETE CASCADE,
  app_id TEXT NOT NULL,
  endpoint_id TEXT REFERENCES notify_endpoints(id) ON DELETE CASCADE,
  -- What goes to one target goes there one after the other: an endpoint's id, or a commit whose status it is.
  target TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead', 'superseded')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  -- Of the newest attempt: HTTP status, and the beginning of the answer or why there was none.
  status INTEGER,
  answer TEXT,
  answered_at INTEGER,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outgoing_deliveries_waiting ON outgoing_deliveries(next_at, target) WHERE state = 'waiting';
CREATE INDEX outgoing_deliveries_by_target ON outgoing_deliveries(target, number);
CREATE INDEX outgoing_deliveries_by_app ON outgoing_deliveries(app_id, number);
CREATE INDEX outgoing_deliveries_by_event ON outgoing_deliveries(event_id);
${ANNOUNCEMENTS.map(trigger).join('\n')}
`;
