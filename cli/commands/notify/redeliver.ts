import { argument, define } from '../../command.ts';
import { typeNext } from '../../hints.ts';

export const command = define({
  summary: 'Send one event again, whatever became of it',
  examples: ['notify:redeliver 3k2m9x0a7b1c5d8e'],
  json: 'NotificationDelivery',
  arguments: { id: argument('id', 'as `sluice notify:deliveries` shows it') },
  options: {},
  async run(context, { id }) {
    const { out } = context;
    const app = await context.app();
    const params = { app, delivery: id };
    const again = await (await context.api()).call('redeliverNotification', { params });
    out.show(again, () => {
      out.result(`${again.type} is on its way again, as ${again.id}`);
      out.detail(`How it went: ${typeNext(context, 'notify:deliveries')}`);
    });
  },
});
