import { define } from '../../command.ts';
import { typeNext } from '../../hints.ts';

export const command = define({
  summary: 'Forget the linked repository, with its deploy key and tokens',
  examples: ['repository:unlink -a shop'],
  json: '{app, unlinked}',
  arguments: {},
  options: {},
  async run(context) {
    const { out } = context;
    const app = await context.app();
    const api = await context.api();
    const { url } = await api.call('getRepository', { params: { app } });
    await api.call('unlinkRepository', { params: { app } });
    out.show({ app, unlinked: url }, () => {
      out.result(`${app} is no longer linked to ${url}`);
      out.detail(`Undo, with new keys: ${typeNext(context, `repository:link ${url}`)}`);
    });
  },
});
