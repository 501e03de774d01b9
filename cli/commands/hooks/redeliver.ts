import { argument, define } from '../../command.ts';
import { typeNext } from '../../hints.ts';

export const command = define({
  summary: 'Process again what came by a web hook',
  details: 'Its body was kept, and its signature was right when it came: bodies are kept for 7 days.',
  examples: ['hooks:redeliver 4f2a9c81d7e35b06'],
  json: 'Delivery',
  arguments: { delivery: argument('delivery', 'as `sluice hooks:deliveries` shows it') },
  options: {},
  async run(context, { delivery: id }) {
    const { out } = context;
    const params = { app: await context.app(), delivery: id };
    const again = await (await context.api()).call('redeliver', { params });
    out.show(again, () => {
      out.result(`${again.event} of ${again.hook} is processed again, as ${again.id}`);
      out.detail(`See: ${typeNext(context, `hooks:deliveries ${again.hook}`)}`);
    });
  },
});
