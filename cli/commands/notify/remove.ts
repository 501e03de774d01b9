import { argument, define } from '../../command.ts';

export const command = define({
  summary: 'Send events somewhere no more',
  examples: ['notify:remove 3k2m9x0a7b1c5d8e'],
  json: '{app, removed}',
  arguments: { id: argument('id', 'as `sluice notify` shows it') },
  options: {},
  async run(context, { id }) {
    const { out } = context;
    const app = await context.app();
    await (await context.api()).call('removeNotification', { params: { app, notification: id } });
    out.show({ app, removed: id }, () => out.result(`Events of ${app} are no longer sent to ${id}`));
  },
});
