import type { RouteName } from '../../core/contracts/routes.ts';
import type { SshVerb } from '../../server/access/permissions.ts';

/**
 * Everybody who may knock. Persons come by an SSH key. `owner`, `deployer`, `viewer` and `deployKey` are of the app
 * that is asked for; a stranger is known to the platform and has no role there.
 */
export const ACTORS = [
  'nobody',
  'revokedToken',
  'expiredToken',
  'stranger',
  'otherDeployKey',
  'otherAppToken',
  'viewer',
  'viewerToken',
  'deployKey',
  'deployer',
  'owner',
  'ownerToken',
  'admin',
  'adminToken',
  'machine',
] as const;
export type Actor = (typeof ACTORS)[number];

/** Not let in by anything: they are asked who they are. */
export const UNKNOWN: readonly Actor[] = ['nobody', 'revokedToken', 'expiredToken'];
/** For whom the app is not there. */
export const OUTSIDE: readonly Actor[] = ['stranger', 'otherDeployKey', 'otherAppToken'];

const PEOPLE: readonly Actor[] = ['stranger', 'viewer', 'deployer', 'owner', 'admin', 'machine'];
const VIEWERS: readonly Actor[] = [
  ...([
    'viewer',
    'viewerToken',
    'deployer',
    'owner',
    'ownerToken',
    'admin',
    'adminToken',
    'machine',
  ] as const),
];
const DEPLOYERS = VIEWERS.filter((actor) => !actor.startsWith('viewer'));
const OWNERS = DEPLOYERS.filter((actor) => actor !== 'deployer');

/** Who is let in, by what a route is for. `viewerToken` and `otherAppToken` are limited, the other tokens are not. */
export const LET_IN = {
  /** No matter who: the route looks at something else, such as a signature. */
  open: ACTORS,
  known: [...PEOPLE, ...VIEWERS, 'otherAppToken'],
  'known, and deploy keys': [...PEOPLE, ...VIEWERS, 'otherAppToken', 'deployKey', 'otherDeployKey'],
  account: [...PEOPLE, 'ownerToken', 'adminToken'],
  'account, no token': PEOPLE,
  admin: ['admin', 'adminToken', 'machine'],
  'admin, no token': ['admin', 'machine'],
  machine: ['machine'],
  viewer: VIEWERS,
  'viewer, and its deploy keys': [...VIEWERS, 'deployKey'],
  deployer: DEPLOYERS,
  owner: OWNERS,
  'owner, no token': ['owner', 'admin', 'machine'],
} as const satisfies Record<string, readonly Actor[]>;
type LetIn = keyof typeof LET_IN;

/** Said here once more, so that nothing becomes more open by a slip. A new route needs its line. */
export const ROLE_TABLE: Record<RouteName, LetIn> = {
  me: 'known, and deploy keys',
  status: 'known',
  doctor: 'account',
  setup: 'machine',

  listApps: 'known, and deploy keys',
  createApp: 'account',
  getApp: 'viewer, and its deploy keys',
  destroyApp: 'owner',

  getConfig: 'deployer',
  setConfig: 'deployer',

  listBuilds: 'viewer, and its deploy keys',
  createBuild: 'deployer',
  getBuild: 'viewer, and its deploy keys',
  getBuildLog: 'viewer, and its deploy keys',
  cancelBuild: 'deployer',

  listReleases: 'viewer, and its deploy keys',
  getRelease: 'viewer, and its deploy keys',
  rollback: 'deployer',

  listRollouts: 'viewer, and its deploy keys',
  getRollout: 'viewer, and its deploy keys',
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
  setPerson: 'admin, no token',
  removePerson: 'admin',

  listKeys: 'account',
  addKey: 'account, no token',
  removeKey: 'account',

  listDeployKeys: 'deployer',
  addDeployKey: 'owner, no token',
  removeDeployKey: 'owner',

  listTokens: 'account',
  createToken: 'account, no token',
  revokeToken: 'known',

  listAudit: 'admin',
  listAppAudit: 'owner',
  verifyAudit: 'admin',

  getMasterKey: 'machine',
  rotateMasterKey: 'machine',
  listSecrets: 'deployer',
  setSecrets: 'deployer',
  rotateSecret: 'deployer',
  getVerdict: 'viewer, and its deploy keys',
  diffReleases: 'viewer',
  createRelease: 'deployer',
  getRepository: 'viewer',
  linkRepository: 'owner, no token',
  unlinkRepository: 'owner',
  checkRepository: 'deployer',
  listNotifications: 'deployer',
  addNotification: 'owner',
  removeNotification: 'owner',
  testNotification: 'deployer',
  listNotificationDeliveries: 'deployer',
  redeliverNotification: 'deployer',
  listHooks: 'deployer',
  createHook: 'owner, no token',
  getHook: 'deployer',
  changeHook: 'owner',
  rotateHook: 'owner, no token',
  removeHook: 'owner',
  listDeliveries: 'deployer',
  getDelivery: 'deployer',
  redeliver: 'deployer',
  listEvents: 'known',
  listAppEvents: 'viewer',
  renameApp: 'owner',
  setMaintenance: 'deployer',
};

/** The same for what `ssh git@platform` runs; tokens do not come by SSH. */
export const SSH_TABLE: Record<SshVerb, LetIn> = {
  'git-receive-pack': 'deployer',
  'git-upload-pack': 'viewer, and its deploy keys',
  'sluice-api': 'known, and deploy keys',
  shell: 'known, and deploy keys',
};

/** The words for people without the command (server/git/verbs): what they ask the API for is held to its table. */
export const WORD_TABLE: Record<string, LetIn> = {
  help: 'known, and deploy keys',
  whoami: 'known, and deploy keys',
  apps: 'known, and deploy keys',
  info: 'viewer, and its deploy keys',
  ps: 'viewer',
  builds: 'viewer, and its deploy keys',
  'builds:show': 'viewer, and its deploy keys',
  'builds:log': 'viewer, and its deploy keys',
  releases: 'viewer, and its deploy keys',
  'rollouts:show': 'viewer, and its deploy keys',
  logs: 'viewer',
  config: 'deployer',
  domains: 'viewer',
  rollback: 'deployer',
};
