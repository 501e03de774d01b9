import { define } from '../../command.ts';

export const command = define({
  summary: 'Whether an app is down for maintenance',
  examples: ['maintenance -a hello'],
  json: '{app, maintenance}',
  arguments: {},
  options: {},
  async run({ api, app, out }) {
    const { name, maintenance } = await (await api()).call('getApp', { params: { app: await app() } });
    out.show({ app: name, maintenance }, () => out.line(maintenance ? 'on' : 'off'));
  },
});
