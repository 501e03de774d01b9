import { oneLine } from '../../../core/printable.ts';
import { appLog } from './logs.ts';
import { table } from './table.ts';
import type { Verb } from './verb.ts';

export const whoami: Verb = {
  summary: 'whose key this is',
  ofApp: false,
  async run(api) {
    const { name, admin } = await api.call('me');
    return [admin ? `${name} (admin)` : name];
  },
};

export const apps: Verb = {
  summary: 'apps that you may see',
  ofApp: false,
  async run(api) {
    const { items, next } = await api.call('listApps', { query: { limit: 100 } });
    const shown = table(
      ['APP', 'LIVE', 'ROLE', 'URL'],
      items.map(({ name, live, role, url }) => [name, live ? `v${live.release}` : '-', role, url]),
    );
    return next === undefined ? shown : [...shown, 'and more: sluice apps'];
  },
};

export const info: Verb = {
  summary: 'one app: what is live, where',
  ofApp: true,
  async run(api, { app }) {
    const { name, url, live, domains, role, deployBranch } = await api.call('getApp', { params: { app } });
    return table(
      [],
      [
        ['App:', name],
        ['Live:', live === undefined ? 'nothing yet' : `v${live.release}, since ${live.since}`],
        ['URL:', url],
        ['Domains:', domains.join(' ')],
        ['Branch:', deployBranch],
        ['Your role:', role],
      ],
    );
  },
};

export const ps: Verb = {
  summary: 'processes, and why one is not up',
  ofApp: true,
  async run(api, { app }) {
    const { processes } = await api.call('listProcesses', { params: { app } });
    return table(
      ['PROCESS', 'STATE', 'RELEASE', 'RESTARTS', 'REASON'],
      processes.flatMap(({ type, replicas, running }) =>
        running.length === 0
          ? [[type, `0 of ${replicas}`, '-', '-', '']]
          : running.map((one) => [
              `${type}.${one.index}`,
              one.state,
              `v${one.release}`,
              String(one.restarts),
              one.reason?.message ?? '',
            ]),
      ),
    );
  },
};

export const logs: Verb = {
  summary: 'the last 100 log lines; with -f on as they come',
  ofApp: true,
  follows: true,
  run: appLog,
};

export const config: Verb = {
  summary: 'names of config keys, never their values',
  ofApp: true,
  async run(api, { app }) {
    const { values } = await api.call('getConfig', { params: { app } });
    return Object.keys(values).map(oneLine);
  },
};

export const domains: Verb = {
  summary: 'hosts of an app',
  ofApp: true,
  async run(api, { app }) {
    const { items } = await api.call('listDomains', { params: { app } });
    return items.map(({ host }) => oneLine(host));
  },
};
