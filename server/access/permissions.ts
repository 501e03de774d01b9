import type { RouteName } from '../../core/contracts/routes.ts';
import type { RoleName } from '../store/people.ts';

/** `person`: anyone who is known. `machine`: only root on the platform's own machine. Else the role in the app. */
export type Need = 'person' | 'machine' | RoleName;

/** What each route needs. Config values are for those who deploy: who may `run` can read them anyway. */
export const permissions: Readonly<Record<RouteName, Need>> = {
  me: 'person',
  status: 'person',
  doctor: 'person',
  setup: 'machine',

  listApps: 'person',
  createApp: 'person',
  getApp: 'viewer',
  destroyApp: 'owner',

  getConfig: 'deployer',
  setConfig: 'deployer',

  listBuilds: 'viewer',
  createBuild: 'deployer',
  getBuild: 'viewer',
  getBuildLog: 'viewer',
  cancelBuild: 'deployer',

  listReleases: 'viewer',
  getRelease: 'viewer',
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

  // Whose keys are shown and changed is decided key by key.
  listKeys: 'person',
  addKey: 'person',
  removeKey: 'person',
};

export type EffectiveRole = RoleName | 'admin';

const RANK: Record<EffectiveRole, number> = { viewer: 1, deployer: 2, owner: 3, admin: 4 };

export function atLeast(role: EffectiveRole, needed: RoleName): boolean {
  return RANK[role] >= RANK[needed];
}
