import type { Release } from '../../../core/contracts/resources.ts';
import { define, value } from '../../command.ts';
import { whole } from '../../numbers.ts';
import { collect } from '../../pages.ts';

export const command = define({
  summary: 'Releases of an app, newest first',
  examples: ['releases', 'releases -n 100'],
  json: 'Release[]',
  arguments: {},
  options: { num: value('-n, --num <count>', 'how many', whole(1, 10_000), 20) },
  async run({ api, app, out }, { num }) {
    const client = await api();
    const params = { app: await app() };
    const releases = await collect(num, (query) => client.call('listReleases', { params, query }));
    out.show(releases, () =>
      out.table(
        ['RELEASE', 'STATE', 'DESCRIPTION', 'BY', 'MADE', 'REASON'],
        releases.map((release) => [
          `v${release.number}`,
          stateWords(release),
          release.description,
          release.person,
          out.time(release.createdAt),
          release.reason?.message ?? '',
        ]),
        'No releases yet. Type: git push platform main',
      ),
    );
  },
});

function stateWords({ state, live, weight }: Release): string {
  if (state === 'live') return live ? 'live' : 'was live';
  return weight === undefined ? state : `${state} ${weight} %`;
}
