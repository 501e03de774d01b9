import { failureScreen } from '../../../core/failure/screen.ts';
import { oneLine } from '../../../core/printable.ts';
import { newestRelease, releaseNumber } from './numbers.ts';
import { table } from './table.ts';
import type { Verb } from './verb.ts';

export const releases: Verb = {
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
};

export const showRollout: Verb = {
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
};

export const rollback: Verb = {
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
};
