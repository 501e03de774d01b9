import { define } from '../../command.ts';
import { renderProcesses } from './render.ts';

export const command = define({
  summary: 'Processes of an app and their replicas, and why one is not up',
  examples: ['ps', 'ps -a hello --json'],
  json: 'Process[]',
  arguments: {},
  options: {},
  async run({ api, app, out }) {
    const { processes } = await (await api()).call('listProcesses', { params: { app: await app() } });
    out.show(processes, () => renderProcesses(out, processes));
  },
});
