import type { Delivery } from '../../../core/contracts/resources.ts';
import { define, optional, value } from '../../command.ts';
import { whole } from '../../numbers.ts';
import { collect } from '../../pages.ts';

export const command = define({
  summary: 'What came by web hooks and what became of it, newest first',
  examples: ['hooks:deliveries', 'hooks:deliveries github -n 5'],
  json: 'Delivery[]',
  arguments: { hook: optional('hook', 'as `sluice hooks` shows it; all unless you name one') },
  options: { num: value('-n, --num <count>', 'how many', whole(1, 10_000), 20) },
  async run({ api, app, out }, { hook, num }) {
    const client = await api();
    const params = { app: await app() };
    const deliveries = await collect(num, (query) =>
      client.call('listDeliveries', { params, query: { ...query, hook } }),
    );
    out.show(deliveries, () =>
      out.table(
        ['DELIVERY', 'HOOK', 'EVENT', 'STATE', 'MADE', 'STATUS', 'CAME', 'TOOK', 'REASON'],
        deliveries.map((delivery) => [
          delivery.id,
          delivery.hook,
          delivery.event,
          delivery.state,
          madeOf(delivery),
          String(delivery.status),
          out.time(delivery.receivedAt),
          delivery.tookMs === undefined ? '-' : `${(delivery.tookMs / 1_000).toFixed(1)}s`,
          delivery.reason?.message ?? '',
        ]),
        'Nothing has come yet. Where it should go: sluice hooks',
      ),
    );
  },
});

function madeOf({ build, release }: Delivery): string {
  if (build !== undefined) return `build ${build}`;
  return release === undefined ? '-' : `v${release}`;
}
