import { argument, define } from '../../command.ts';
import { typeNext } from '../../hints.ts';

export const command = define({
  summary: 'Send a `ping`, to see whether it arrives',
  examples: ['notify:test 3k2m9x0a7b1c5d8e'],
  json: '{app, sent}',
  arguments: { id: argument('id', 'as `sluice notify` shows it') },
  options: {},
  async run(context, { id }) {
    const { out } = context;
    const app = await context.app();
    await (await context.api()).call('testNotification', { params: { app, notification: id } });
    out.show({ app, sent: id }, () => {
      out.result('A ping is on its way');
      out.detail(`How it went: ${typeNext(context, 'notify:deliveries')}`);
    });
  },
});
