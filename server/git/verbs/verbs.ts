import { failureScreen } from '../../../core/failure/screen.ts';
import { columns } from '../../../core/render/columns.ts';
import { oneLine } from '../../../core/printable.ts';
import { reason, Refusal } from '../../../core/reason.ts';
import { type Asked, type Takes, usageOf } from './asked.ts';
import { appLog, buildLog } from './logs.ts';
import type { PersonApi } from './person-api.ts';

/** What can be asked by ssh alone: enough to look, and to go back. The rest is for the `sluice` command. */
interface Verb extends Takes {
  readonly summary: string;
  /** @returns lines for people, at once or as they come */
  readonly run: (api: PersonApi, asked: Asked) => Promise<string[]> | AsyncGenerator<string, void>;
}

export const VERBS: Readonly<Record<string, Verb>> = {
  help: { summary: 'this page', ofApp: false, run: () => Promise.resolve(helpPage()) },
  whoami: {
    summary: 'whose key this is',
    ofApp: false,
    async run(api) {
      const { name, admin } = await api.call('me');
      return [admin ? `${name} (admin)` : name];
    },
  },
  apps: {
    summary: 'apps that you may see',
    ofApp: false,
    async run(api) {
      const { items } = await api.call('listApps', { query: { limit: 100 } });
      return table(
        ['APP', 'LIVE', 'ROLE', 'URL'],
        items.map(({ name, live, role, url }) => [name, live ? `v${live.release}` : '-', role, url]),
      );
    },
  },
  info: {
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
  },
  ps: {
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
  },
  builds: {
    summary: 'builds, newest first',
    ofApp: true,
    async run(api, { app }) {
      const { items } = await api.call('listBuilds', { params: { app }, query: { limit: 20 } });
      return table(
        ['BUILD', 'STATE', 'COMMIT', 'BY', 'MADE', 'REASON'],
        items.map((one) => [
          String(one.number),
          one.state,
          one.commit.slice(0, 8),
          one.person,
          one.createdAt,
          one.reason?.message ?? '',
        ]),
      );
    },
  },
  'builds:show': {
    summary: 'one build, and why it failed',
    ofApp: true,
    argument: 'NUMBER',
    async run(api, asked) {
      const params = { app: asked.app, number: await buildOf(api, asked) };
      const build = await api.call('getBuild', { params });
      return [
        ...table(
          [],
          [
            ['Build:', String(build.number)],
            ['State:', build.state],
            ['Commit:', build.commit],
            ['By:', build.person],
            ['Release:', build.release === undefined ? '-' : `v${build.release}`],
          ],
        ),
        ...(build.reason ? failureScreen({ ...build, build: build.number }, build.reason) : []),
      ];
    },
  },
  'builds:log': {
    summary: 'the log of a build; with -f until the verdict, which the exit code tells',
    ofApp: true,
    argument: 'NUMBER',
    follows: true,
    async *run(api, asked) {
      yield* buildLog(api, asked, await buildOf(api, asked));
    },
  },
  releases: {
    summary: 'releases, newest first',
    ofApp: true,
    async run(api, { app }) {
      const { items } = await api.call('listReleases', { params: { app }, query: { limit: 20 } });
      return table(
        ['RELEASE', 'STATE', 'DESCRIPTION', 'BY', 'MADE'],
        items.map((one) => [
          `v${one.number}`,
          one.state === 'live' && !one.live ? 'was live' : one.state,
          one.description,
          one.person,
          one.createdAt,
        ]),
      );
    },
  },
  'rollouts:show': {
    summary: 'one rollout: its story, and why it ended',
    ofApp: true,
    argument: 'RELEASE',
    async run(api, { app, argument }) {
      const number = argument === undefined ? await newestRelease(api, app) : releaseNumber(argument);
      const {
        release,
        state,
        weight,
        events,
        reason: why,
      } = await api.call('getRollout', { params: { app, number } });
      return [
        oneLine(`v${release}: ${state}${state === 'canary' ? ` at ${weight} %` : ''}`),
        ...table(
          [],
          events.slice(-12).map(({ at, text }) => [at, text]),
        ),
        ...(why ? failureScreen({ release, state }, why) : []),
      ];
    },
  },
  logs: {
    summary: 'the last 100 log lines; with -f on as they come',
    ofApp: true,
    follows: true,
    run: appLog,
  },
  config: {
    summary: 'names of config keys, never their values',
    ofApp: true,
    async run(api, { app }) {
      const { values } = await api.call('getConfig', { params: { app } });
      return Object.keys(values).map(oneLine);
    },
  },
  domains: {
    summary: 'hosts of an app',
    ofApp: true,
    async run(api, { app }) {
      const { items } = await api.call('listDomains', { params: { app } });
      return items.map(({ host }) => oneLine(host));
    },
  },
  rollback: {
    summary: 'make an older release live again: the one before, or the one that is named',
    ofApp: true,
    argument: 'RELEASE',
    async run(api, { app, argument }) {
      const body = argument === undefined ? {} : { release: releaseNumber(argument) };
      const made = await api.call('rollback', { params: { app }, body });
      return [
        `=====> v${made.number} is on its way: ${oneLine(made.description)}`,
        ...(made.warnings ?? []).map((warning) => ` !     ${oneLine(warning)}`),
        `       See: ssh … rollouts:show v${made.number} -a ${app}`,
      ];
    },
  },
};

function helpPage(): string[] {
  const rows = Object.entries(VERBS).map(([name, verb]) => [`  ${usageOf(name, verb)}`, verb.summary]);
  return [
    'git push platform main: tests, image, rollout, and back again if anything is wrong.',
    '',
    'By ssh alone, without the sluice command:',
    ...columns(rows),
    '',
    'All else is for the sluice command, which comes by this same way: sluice help',
  ];
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return ['none yet'];
  return columns([...(header.length === 0 ? [] : [header]), ...rows].map((row) => row.map(oneLine)));
}

async function buildOf(api: PersonApi, { app, argument }: Asked): Promise<number> {
  if (argument !== undefined) return numbered(argument, /^#?(\d{1,9})$/);
  const { items } = await api.call('listBuilds', { params: { app }, query: { limit: 1 } });
  const [newest] = items;
  if (newest) return newest.number;
  throw Refusal.of(404, reason('no_builds', `${app} has no builds yet`, 'git push platform main'));
}

async function newestRelease(api: PersonApi, app: string): Promise<number> {
  const { items } = await api.call('listReleases', { params: { app }, query: { limit: 1 } });
  const [newest] = items;
  if (newest) return newest.number;
  throw Refusal.of(404, reason('no_rollouts', `${app} has no rollouts yet`, 'git push platform main'));
}

function releaseNumber(text: string): number {
  return numbered(text, /^v?(\d{1,9})$/);
}

function numbered(text: string, form: RegExp): number {
  const found = form.exec(text)?.[1];
  if (found !== undefined) return Number(found);
  throw Refusal.of(
    422,
    reason('misuse', `"${text}" is none: a release is written v12, a build 41`, 'ssh … help'),
  );
}
