import type { Api } from '../api/client.ts';
import type { Candidate, NameKind } from './wanted.ts';

const MOST = 50;

export interface List {
  /** Each app has its own. */
  readonly ofApp: boolean;
  /** @param app '' where it is of no app */
  readonly ask: (api: Api, app: string) => Promise<Candidate[]>;
}

function ofApp(ask: List['ask']): List {
  return { ofApp: true, ask };
}

/** Where the names of each kind come from. Names only: they are kept in a file, and no value ever is. */
export const LISTS: Readonly<Record<NameKind, List>> = {
  apps: {
    ofApp: false,
    async ask(api) {
      const { items } = await api.call('listApps', { query: { limit: 100 } });
      return items.map(({ name, live }) => ({
        word: name,
        description: live ? `v${live.release}` : 'not live',
      }));
    },
  },
  accounts: { ofApp: false, ask: accounts },
  // Only admins may see who else there is.
  everybody: ofApp((api, app) => accounts(api).catch(() => members(api, app))),
  members: ofApp(members),
  keys: {
    ofApp: false,
    async ask(api) {
      const { items } = await api.call('listKeys', {});
      return items.map(({ fingerprint, person, comment }) => ({
        word: fingerprint,
        description: `${person} ${comment}`,
      }));
    },
  },
  tokens: {
    ofApp: false,
    async ask(api) {
      const { items } = await api.call('listTokens', {});
      return items.map(({ name, person }) => ({ word: name, description: person }));
    },
  },
  releases: ofApp(async (api, app) => {
    const { items } = await api.call('listReleases', { params: { app }, query: { limit: MOST } });
    return items.map(({ number, description, live }) => ({
      word: `v${number}`,
      description: live ? `${description} (live)` : description,
    }));
  }),
  builds: ofApp(async (api, app) => {
    const { items } = await api.call('listBuilds', { params: { app }, query: { limit: MOST } });
    return items.map(({ number, commit, state }) => ({
      word: String(number),
      description: `${commit.slice(0, 8)} ${state}`,
    }));
  }),
  commits: ofApp(async (api, app) => {
    const { items } = await api.call('listBuilds', { params: { app }, query: { limit: MOST } });
    const newest = new Map(items.toReversed().map((build) => [build.commit, build]));
    return [...newest.values()]
      .toReversed()
      .map(({ commit, number, state }) => ({ word: commit, description: `build ${number} ${state}` }));
  }),
  processes: ofApp(async (api, app) => {
    const { processes } = await api.call('listProcesses', { params: { app } });
    return processes.map(({ type, command }) => ({ word: type, description: command }));
  }),
  'config-keys': ofApp(async (api, app) => {
    const { values } = await api.call('getConfig', { params: { app } });
    return Object.keys(values).map((word) => ({ word }));
  }),
  variables: ofApp(async (api, app) => {
    const { values, secrets } = await api.call('getConfig', { params: { app } });
    return [
      ...Object.keys(values).map((word) => ({ word })),
      ...secrets.map((word) => ({ word, description: 'secret' })),
    ];
  }),
  secrets: ofApp(async (api, app) => {
    const { items } = await api.call('listSecrets', { params: { app } });
    return items.map(({ name, kinds }) => ({ word: name, description: kinds.join(' ') }));
  }),
  hosts: ofApp(async (api, app) => {
    const { items } = await api.call('listDomains', { params: { app } });
    return items.filter(({ kind }) => kind === 'custom').map(({ host }) => ({ word: host }));
  }),
  'deploy-keys': ofApp(async (api, app) => {
    const { items } = await api.call('listDeployKeys', { params: { app } });
    return items.map(({ name, fingerprint }) => ({ word: name, description: fingerprint }));
  }),
  hooks: ofApp(async (api, app) => {
    const { items } = await api.call('listHooks', { params: { app } });
    return items.map(({ name, kind, branch }) => ({ word: name, description: `${kind} ${branch}` }));
  }),
  deliveries: ofApp(async (api, app) => {
    const { items } = await api.call('listDeliveries', { params: { app }, query: { limit: MOST } });
    return items.map(({ id, event, state, receivedAt }) => ({
      word: id,
      description: `${event} ${state} ${receivedAt}`,
    }));
  }),
  notifications: ofApp(async (api, app) => {
    const { items } = await api.call('listNotifications', { params: { app } });
    return items.map(({ id, url }) => ({ word: id, description: new URL(url).host }));
  }),
  'notification-deliveries': ofApp(async (api, app) => {
    const query = { limit: MOST };
    const { items } = await api.call('listNotificationDeliveries', { params: { app }, query });
    return items.map(({ id, type, state, createdAt }) => ({
      word: id,
      description: `${type} ${state} ${createdAt}`,
    }));
  }),
};

async function accounts(api: Api): Promise<Candidate[]> {
  const { items } = await api.call('listPeople', {});
  return items.map(({ name, admin }) => ({ word: name, description: admin ? 'admin' : '' }));
}

async function members(api: Api, app: string): Promise<Candidate[]> {
  const { items } = await api.call('listMembers', { params: { app } });
  return items.map(({ person, role }) => ({ word: person, description: role }));
}
