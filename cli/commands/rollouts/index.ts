import { define, value } from '../../command.ts';
import { whole } from '../../numbers.ts';
import { collect } from '../../pages.ts';
import { stateWords } from '../../render/rollout.ts';

export const command = define({
  summary: 'Rollouts of an app, newest first: how each release went',
  examples: ['rollouts', 'rollouts -n 100'],
  json: 'Rollout[]',
  arguments: {},
  options: { num: value('-n, --num <count>', 'how many', whole(1, 10_000), 20) },
  async run({ api, app, out }, { num }) {
    const client = await api();
    const params = { app: await app() };
    const rollouts = await collect(num, (query) => client.call('listRollouts', { params, query }));
    out.show(rollouts, () =>
      out.table(
        ['RELEASE', 'STATE', 'DESCRIPTION', 'BY', 'BEGAN', 'REASON'],
        rollouts.map((rollout) => [
          `v${rollout.release}`,
          stateWords(rollout),
          rollout.description,
          rollout.person,
          out.time(rollout.createdAt),
          (rollout.reason ?? rollout.held)?.message ?? '',
        ]),
        'No rollouts yet. Type: git push platform main',
      ),
    );
  },
});
