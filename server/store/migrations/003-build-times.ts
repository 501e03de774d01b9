/** When builds of apps that are gone ran: the engine's build cache can only be told to be ours by that. */
export const buildTimes = `
CREATE TABLE build_times (started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL) STRICT;
`;
