import { define, value } from '../../command.ts';
import { whole } from '../../numbers.ts';
import { collect } from '../../pages.ts';
import { duration } from '../../render/time.ts';

export const command = define({
  summary: 'Builds of an app, newest first',
  examples: ['builds', 'builds -n 100'],
  json: 'Build[]',
  arguments: {},
  options: { num: value('-n, --num <count>', 'how many', whole(1, 10_000), 20) },
  async run({ api, app, out }, { num }) {
    const client = await api();
    const params = { app: await app() };
    const builds = await collect(num, (query) => client.call('listBuilds', { params, query }));
    out.show(builds, () =>
      out.table(
        ['BUILD', 'STATE', 'COMMIT', 'RELEASE', 'BY', 'MADE', 'TOOK', 'REASON'],
        builds.map((build) => [
          String(build.number),
          build.state,
          build.commit.slice(0, 8),
          build.release === undefined ? '-' : `v${build.release}`,
          build.person,
          out.time(build.createdAt),
          build.startedAt && build.finishedAt ? duration(build.startedAt, build.finishedAt) : '-',
          build.reason?.message ?? '',
        ]),
        'No builds yet. Type: git push platform main',
      ),
    );
  },
});
