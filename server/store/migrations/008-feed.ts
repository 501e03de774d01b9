/**
 * What happened, in the order in which it was journalled, for those who follow it. Written by triggers, in the very
 * transaction of what they tell: no code path can forget it, and nothing is told that was not done.
 */
const NOW = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

const rollout = (row: string): string => `json_object(
  'release', (SELECT number FROM releases WHERE id = ${row}.release_id), 'state', ${row}.state, 'weight', ${row}.weight,
  'step', ${row}.step, 'paused', ${row}.paused_by IS NOT NULL, 'held', ${row}.held IS NOT NULL)`;
const build = (row: string): string =>
  `json_object('build', ${row}.number, 'state', ${row}.state, 'attempt', ${row}.attempt)`;

export const feed = `
CREATE TABLE feed (
  -- Never used again, so that who has seen one knows what is still to come.
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  app_id TEXT NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  data TEXT NOT NULL
) STRICT;
CREATE INDEX feed_by_app ON feed(app_id, seq);

CREATE TRIGGER feed_build_made AFTER INSERT ON builds BEGIN
  INSERT INTO feed (at, app_id, kind, data) VALUES (${NOW}, NEW.app_id, 'build', ${build('NEW')});
END;
CREATE TRIGGER feed_build_moved AFTER UPDATE OF state, attempt ON builds
WHEN NEW.state IS NOT OLD.state OR NEW.attempt IS NOT OLD.attempt BEGIN
  INSERT INTO feed (at, app_id, kind, data) VALUES (${NOW}, NEW.app_id, 'build', ${build('NEW')});
END;
CREATE TRIGGER feed_release_made AFTER INSERT ON releases BEGIN
  INSERT INTO feed (at, app_id, kind, data)
  VALUES (${NOW}, NEW.app_id, 'release', json_object('release', NEW.number));
END;
CREATE TRIGGER feed_rollout_made AFTER INSERT ON rollouts BEGIN
  INSERT INTO feed (at, app_id, kind, data) VALUES (${NOW}, NEW.app_id, 'rollout', ${rollout('NEW')});
END;
CREATE TRIGGER feed_rollout_moved AFTER UPDATE OF state, weight, step, paused_by, held ON rollouts
WHEN NEW.state IS NOT OLD.state OR NEW.weight IS NOT OLD.weight OR NEW.step IS NOT OLD.step
  OR NEW.paused_by IS NOT OLD.paused_by OR NEW.held IS NOT OLD.held BEGIN
  INSERT INTO feed (at, app_id, kind, data) VALUES (${NOW}, NEW.app_id, 'rollout', ${rollout('NEW')});
END;
CREATE TRIGGER feed_rollout_said AFTER INSERT ON rollout_events BEGIN
  INSERT INTO feed (at, app_id, kind, data)
  SELECT NEW.at, app_id, 'story', json_object(
    'release', (SELECT number FROM releases WHERE id = release_id), 'number', NEW.number, 'about', NEW.kind, 'text', NEW.text)
  FROM rollouts WHERE id = NEW.rollout_id;
END;
`;
