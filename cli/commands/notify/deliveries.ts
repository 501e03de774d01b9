import type { NotificationDelivery } from '../../../core/contracts/resources.ts';
import { define, value } from '../../command.ts';
import { whole } from '../../numbers.ts';
import { collect } from '../../pages.ts';

export const command = define({
  summary: 'What was sent, commit statuses too, newest first',
  examples: ['notify:deliveries -a shop'],
  json: 'NotificationDelivery[]',
  arguments: {},
  options: { num: value('-n, --num <count>', 'how many', whole(1, 10_000), 20) },
  async run({ api, app, out }, { num }) {
    const client = await api();
    const params = { app: await app() };
    const sent = await collect(num, (query) => client.call('listNotificationDeliveries', { params, query }));
    out.show(sent, () =>
      out.table(
        ['ID', 'EVENT', 'TO', 'STATE', 'ATTEMPTS', 'MADE', 'ANSWER'],
        sent.map((one) => [
          one.id,
          one.type,
          receiver(one.to),
          one.nextAt === undefined ? one.state : `${one.state} until ${out.time(one.nextAt)}`,
          String(one.attempts),
          out.time(one.createdAt),
          [one.status, one.answer?.split('\n', 1)[0]?.slice(0, 80)].filter(Boolean).join(' '),
        ]),
        'Nothing was sent yet.',
      ),
    );
  },
});

function receiver(to: NotificationDelivery['to']): string {
  return 'status' in to ? `status of ${to.status.slice(0, 8)}` : to.url;
}
