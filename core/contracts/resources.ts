/** What the API under /v1 takes and shows. Times are ISO 8601 in UTC; nothing here ever holds a config value but Config. */
export * from './resources/apps.ts';
export * from './resources/audit.ts';
export * from './resources/builds.ts';
export * from './resources/config.ts';
export * from './resources/deploy-keys.ts';
export * from './resources/domains.ts';
export * from './resources/events.ts';
export * from './resources/keys.ts';
export * from './resources/members.ts';
export * from './resources/notifications.ts';
export * from './resources/people.ts';
export * from './resources/platform.ts';
export * from './resources/problem.ts';
export * from './resources/processes.ts';
export * from './resources/releases.ts';
export * from './resources/rollouts.ts';
export * from './resources/tokens.ts';
