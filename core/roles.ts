/** What people are given in an app, from the least to the most. */
export const ROLES = ['viewer', 'deployer', 'owner'] as const;
export type RoleName = (typeof ROLES)[number];
