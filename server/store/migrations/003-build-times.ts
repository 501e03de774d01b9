/** When builds ran, also those of apps that are gone: the engine's build cache can only be told to be ours by that. */
export const buildTimes = `
CREATE TABLE build_times (started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL) STRICT;
-- Whether something has ended since the disk was measured is asked often.
CREATE INDEX attempts_by_end ON attempts(ended_at);
CREATE INDEX rollouts_by_end ON rollouts(finished_at);
`;
