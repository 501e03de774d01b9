import { define, optional } from '../../command.ts';
import { typeNext } from '../../hints.ts';

export const command = define({
  summary: 'Replace the replicas one after the other',
  examples: ['ps:restart', 'ps:restart worker'],
  json: '{app, restarting}',
  arguments: { process: optional('type', 'only this process') },
  options: {},
  async run(context, { process }) {
    const { out } = context;
    const app = await context.app();
    await (
      await context.api()
    ).call('restart', { params: { app }, body: process === undefined ? {} : { process } });
    out.show({ app, restarting: process ?? 'all' }, () => {
      const what =
        process === undefined ? `All processes of ${app} restart` : `${process} of ${app} restarts`;
      out.result(`${what}, one replica after the other`);
      out.detail(`See: ${typeNext(context, 'ps')}`);
    });
  },
});
