import { argument, define } from '../../command.ts';
import { typeNext } from '../../hints.ts';

export const command = define({
  summary: 'Let an app answer for a host',
  examples: ['domains:add www.example.com'],
  json: 'Domain',
  arguments: { host: argument('host', 'a full host name; its DNS must point at the platform') },
  options: {},
  async run(context, { host }) {
    const { out } = context;
    const app = await context.app();
    // Host names know no case, and nobody should be refused for a capital letter.
    const body = { host: host.toLowerCase() };
    const domain = await (await context.api()).call('addDomain', { params: { app }, body });
    out.show(domain, () => {
      out.result(`${app} answers for ${domain.host}`);
      out.detail(`Undo: ${typeNext(context, `domains:remove ${domain.host}`)}`);
    });
  },
});
