/** Canaries: how far each has come, who paused it, what it said, and how long an old release stays warm. */
export const canaries = `
ALTER TABLE rollouts DROP COLUMN time_left_ms;
-- What was seen of a canary so far (JSON), at most a second old, so that a restart goes on from there.
ALTER TABLE rollouts ADD COLUMN progress TEXT;
-- Who paused it; null: it goes on by itself.
ALTER TABLE rollouts ADD COLUMN paused_by TEXT;
-- Why it waits for a person (JSON); null: it does not.
ALTER TABLE rollouts ADD COLUMN held TEXT;

-- What a rollout told, line by line, so that it can be told again.
CREATE TABLE rollout_events (
  rollout_id TEXT NOT NULL REFERENCES rollouts(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  evidence TEXT,
  PRIMARY KEY (rollout_id, number)
) STRICT, WITHOUT ROWID;

-- An old release is not stopped before this time is over; counted down, as the clock can jump.
ALTER TABLE retiring ADD COLUMN keep_left_ms INTEGER NOT NULL DEFAULT 0;
`;
