import { failureScreen } from '../../../core/failure/screen.ts';
import { buildLog } from './logs.ts';
import { buildOf } from './numbers.ts';
import { table } from './table.ts';
import type { Verb } from './verb.ts';

export const builds: Verb = {
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
};

export const showBuild: Verb = {
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
};

export const logOfBuild: Verb = {
  summary: 'the log of a build; with -f until the verdict, which the exit code tells',
  ofApp: true,
  argument: 'NUMBER',
  follows: true,
  async *run(api, asked) {
    yield* buildLog(api, asked, await buildOf(api, asked));
  },
};
