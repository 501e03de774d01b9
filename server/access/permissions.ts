import type { GitService } from '../../core/contracts/internal.ts';
import type { RouteName } from '../../core/contracts/routes.ts';
import type { RoleName } from '../store/people.ts';

/** What somebody can be in an app. `pusher` is a deploy key; people are given one of the other roles. */
export type AppRole = RoleName | 'pusher';
export type EffectiveRole = AppRole | 'admin';

/**
 * `person`: anyone who is known; what is shown is cut down to what they may see.
 * `self`: a person, about their own account: no token with limits, as what it makes or learns would be beyond them.
 * `admin`: an admin of the platform, not by a token with limits.
 * `machine`: only root on the platform's own machine.
 * Else the role in the app.
 */
export type Need = 'person' | 'self' | 'admin' | 'machine' | AppRole;

/** What each route needs. Config values are for those who deploy: who may `run` can read them anyway. */
export const permissions: Readonly<Record<RouteName, Need>> = {
  me: 'person',
  status: 'person',
  doctor: 'self',
  setup: 'machine',
  getMasterKey: 'machine',
  rotateMasterKey: 'machine',

  listApps: 'person',
  createApp: 'self',
  getApp: 'viewer',
  renameApp: 'owner',
  setMaintenance: 'deployer',
  destroyApp: 'owner',

  getConfig: 'deployer',
  setConfig: 'deployer',
  // Of a secret nobody sees the value; but its name, too, says what can be attacked.
  listSecrets: 'deployer',
  setSecrets: 'deployer',
  rotateSecret: 'deployer',

  listBuilds: 'viewer',
  createBuild: 'deployer',
  getBuild: 'viewer',
  getVerdict: 'viewer',
  getBuildLog: 'viewer',
  cancelBuild: 'deployer',

  listReleases: 'viewer',
  getRelease: 'viewer',
  // Names of keys; values are for those who may read the config.
  diffReleases: 'viewer',
  createRelease: 'deployer',
  rollback: 'deployer',

  listRollouts: 'viewer',
  getRollout: 'viewer',
  pauseRollout: 'deployer',
  resumeRollout: 'deployer',
  promoteRollout: 'deployer',
  abortRollout: 'deployer',

  listProcesses: 'viewer',
  scale: 'deployer',
  restart: 'deployer',
  run: 'deployer',
  logs: 'viewer',

  listDomains: 'viewer',
  addDomain: 'owner',
  removeDomain: 'owner',

  listMembers: 'viewer',
  setMember: 'owner',
  removeMember: 'owner',

  listPeople: 'admin',
  setPerson: 'admin',
  removePerson: 'admin',
  getRepository: 'viewer',
  // What is linked is what can be deployed.
  linkRepository: 'owner',
  unlinkRepository: 'owner',
  checkRepository: 'deployer',

  // Addresses of receivers often hold a password.
  listNotifications: 'deployer',
  addNotification: 'owner',
  removeNotification: 'owner',
  testNotification: 'deployer',
  listNotificationDeliveries: 'deployer',
  redeliverNotification: 'deployer',
  // A hook deploys on after the person who made it has left, so it is for owners to give and to take.
  listHooks: 'deployer',
  createHook: 'owner',
  getHook: 'deployer',
  changeHook: 'owner',
  rotateHook: 'owner',
  removeHook: 'owner',
  listDeliveries: 'deployer',
  getDelivery: 'deployer',
  redeliver: 'deployer',

  // Whose keys are shown and changed is decided key by key.
  listKeys: 'self',
  addKey: 'self',
  removeKey: 'self',

  listDeployKeys: 'deployer',
  addDeployKey: 'owner',
  removeDeployKey: 'owner',

  listTokens: 'self',
  createToken: 'self',
  // One that is limited may at least end itself.
  revokeToken: 'person',

  listAudit: 'admin',
  listAppAudit: 'owner',
  verifyAudit: 'admin',

  // Of the apps that one may see.
  listEvents: 'person',
  listAppEvents: 'viewer',
};

/**
 * All that a deploy key may ask of the API: enough for a job that pushes to follow its build to the verdict. A route
 * that is not named here refuses deploy keys, whatever role it needs.
 */
export const forDeployKeys: ReadonlySet<RouteName> = new Set<RouteName>([
  'me',
  'listApps',
  'getApp',
  'listBuilds',
  'getBuild',
  'getBuildLog',
  'getVerdict',
  'listReleases',
  'getRelease',
  'listRollouts',
  'getRollout',
]);

/**
 * Routes that make a way in: who holds a token, which ends, could make themselves one that does not. So they are for
 * an SSH key or the machine, never for a token.
 */
export const makesCredentials: ReadonlySet<RouteName> = new Set<RouteName>([
  'addKey',
  'addDeployKey',
  'createToken',
  'setPerson',
  'createHook',
  'rotateHook',
  'linkRepository',
]);

/**
 * What the SSH front runs: git's two services, the API over a channel, and the greeting. The words for people without
 * the command (server/git/verbs) ask the API in their name, and are held to the table of routes by that.
 */
export type SshVerb = GitService | 'sluice-api' | 'shell';

/** What each verb needs; what passes through `sluice-api` is then held to the table of routes. */
export const sshPermissions = {
  'git-receive-pack': 'pusher',
  'git-upload-pack': 'viewer',
  'sluice-api': 'person',
  shell: 'person',
} as const satisfies Readonly<Record<SshVerb, Need>>;

const RANK: Record<EffectiveRole, number> = { viewer: 1, pusher: 2, deployer: 3, owner: 4, admin: 5 };

export function isRole(need: Need): need is AppRole {
  return need in RANK && need !== 'admin';
}

export function atLeast(role: EffectiveRole, needed: EffectiveRole): boolean {
  return RANK[role] >= RANK[needed];
}

/** The lesser of a role and a limit on it. */
export function atMost(role: EffectiveRole, limit: EffectiveRole): EffectiveRole {
  return atLeast(role, limit) ? limit : role;
}
