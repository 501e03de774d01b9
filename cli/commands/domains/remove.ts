import { argument, define } from '../../command.ts';
import { typeNext } from '../../hints.ts';

export const command = define({
  summary: 'Take a host from an app',
  examples: ['domains:remove www.example.com'],
  json: '{app, removed}',
  arguments: { host: argument('host', 'as `sluice domains` shows it') },
  options: {},
  async run(context, { host }) {
    const { out } = context;
    const app = await context.app();
    await (await context.api()).call('removeDomain', { params: { app, host: host.toLowerCase() } });
    out.show({ app, removed: host }, () => {
      out.result(`${app} no longer answers for ${host}`);
      out.detail(`Undo: ${typeNext(context, `domains:add ${host}`)}`);
    });
  },
});
