/**
 * What the event streams tell and what is sent to others is one kind of event: the same types and facts, written by the
 * triggers of both. Rows of the feed in the older shape go: who asks behind them is told to begin anew.
 */
const NOW = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/** Where nobody listens, nothing is written for others. */
const SOMEBODY_LISTENS = `(
  EXISTS (SELECT 1 FROM notify_endpoints WHERE (app_id = NEW.app_id OR app_id IS NULL) AND disabled IS NULL)
  OR EXISTS (SELECT 1 FROM linked_repositories WHERE app_id = NEW.app_id AND reports = 1)
)`;

const BUILD_FACTS = `json_object('state', NEW.state, 'attempt', NEW.attempt, 'reason', json(NEW.reason), 'supersededBy', NEW.superseded_by)`;
const ROLLOUT_FACTS = `json_object('state', NEW.state, 'step', NEW.step, 'weight', NEW.weight, 'reason', json(NEW.reason),
  'supersededBy', NEW.superseded_by, 'paused', NEW.paused_by IS NOT NULL, 'held', NEW.held IS NOT NULL)`;

/** It began: its first stage. */
const BUILD_MOVED = `NEW.state <> OLD.state AND NEW.state <> 'queued' AND NOT (OLD.state = 'testing' AND NEW.state = 'building')`;
const BUILD_TYPE = `CASE WHEN NEW.state IN ('testing', 'building') THEN 'build.started' ELSE 'build.' || NEW.state END`;
const ROLLOUT_MOVED = `(NEW.state <> OLD.state OR NEW.step <> OLD.step) AND NEW.state NOT IN ('starting', 'promoting')`;
const ROLLOUT_TYPE = `CASE NEW.state WHEN 'canary' THEN 'rollout.step' WHEN 'live' THEN 'rollout.promoted' ELSE 'rollout.' || NEW.state END`;

function fed(type: string, subject: string, facts: string): string {
  return `INSERT INTO feed (at, app_id, type, subject, facts) VALUES (${NOW}, NEW.app_id, ${type}, ${subject}, ${facts});`;
}

export const oneEvent = `
DROP TRIGGER feed_build_made;
DROP TRIGGER feed_build_moved;
DROP TRIGGER feed_release_made;
DROP TRIGGER feed_rollout_made;
DROP TRIGGER feed_rollout_moved;
DROP TRIGGER feed_rollout_said;
DROP TRIGGER feed_app_changed;
INSERT INTO meta (key, value) SELECT 'feed_let_go', CAST(seq AS TEXT) FROM sqlite_sequence WHERE name = 'feed'
ON CONFLICT DO UPDATE SET value = excluded.value;
DELETE FROM feed;
ALTER TABLE feed RENAME COLUMN kind TO type;
ALTER TABLE feed RENAME COLUMN data TO facts;
-- Id of what it is about.
ALTER TABLE feed ADD COLUMN subject TEXT NOT NULL DEFAULT '';

CREATE TRIGGER feed_build_made AFTER INSERT ON builds BEGIN
  ${fed(`'build.created'`, 'NEW.id', BUILD_FACTS)}
END;
CREATE TRIGGER feed_build_moved AFTER UPDATE OF state, attempt ON builds
WHEN NEW.state IS NOT OLD.state OR NEW.attempt IS NOT OLD.attempt BEGIN
  ${fed(`CASE WHEN ${BUILD_MOVED} THEN ${BUILD_TYPE} ELSE 'build.updated' END`, 'NEW.id', BUILD_FACTS)}
END;
CREATE TRIGGER feed_release_made AFTER INSERT ON releases BEGIN
  ${fed(`'release.created'`, 'NEW.id', `'{}'`)}
END;
CREATE TRIGGER feed_rollout_made AFTER INSERT ON rollouts BEGIN
  ${fed(`'rollout.started'`, 'NEW.id', ROLLOUT_FACTS)}
END;
CREATE TRIGGER feed_rollout_moved AFTER UPDATE OF state, weight, step, paused_by, held ON rollouts
WHEN NEW.state IS NOT OLD.state OR NEW.weight IS NOT OLD.weight OR NEW.step IS NOT OLD.step
  OR NEW.paused_by IS NOT OLD.paused_by OR NEW.held IS NOT OLD.held BEGIN
  ${fed(`CASE WHEN ${ROLLOUT_MOVED} THEN ${ROLLOUT_TYPE} ELSE 'rollout.updated' END`, 'NEW.id', ROLLOUT_FACTS)}
END;
CREATE TRIGGER feed_rollout_said AFTER INSERT ON rollout_events BEGIN
  INSERT INTO feed (at, app_id, type, subject, facts)
  SELECT NEW.at, app_id, 'rollout.note', id, json_object('about', NEW.kind, 'text', NEW.text)
  FROM rollouts WHERE id = NEW.rollout_id;
END;
CREATE TRIGGER feed_app_changed AFTER UPDATE OF name, maintenance ON apps
WHEN NEW.name IS NOT OLD.name OR NEW.maintenance IS NOT OLD.maintenance BEGIN
  INSERT INTO feed (at, app_id, type, subject, facts) VALUES (
    ${NOW}, NEW.id, 'app.updated', NEW.id, json_object('name', NEW.name, 'maintenance', NEW.maintenance));
END;

DROP TRIGGER announce_rollout;
DROP TRIGGER announce_rollout_state;
CREATE TRIGGER announce_rollout AFTER INSERT ON rollouts WHEN ${SOMEBODY_LISTENS} BEGIN
  INSERT INTO outgoing_events (message, at, app_id, type, subject, facts)
  VALUES ('msg_' || lower(hex(randomblob(12))), ${NOW}, NEW.app_id, 'rollout.started', NEW.id, ${ROLLOUT_FACTS});
END;
CREATE TRIGGER announce_rollout_state AFTER UPDATE OF state, step ON rollouts
WHEN ${ROLLOUT_MOVED} AND ${SOMEBODY_LISTENS} BEGIN
  INSERT INTO outgoing_events (message, at, app_id, type, subject, facts)
  VALUES ('msg_' || lower(hex(randomblob(12))), ${NOW}, NEW.app_id, ${ROLLOUT_TYPE}, NEW.id, ${ROLLOUT_FACTS});
END;
`;
