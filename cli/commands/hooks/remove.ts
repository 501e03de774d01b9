import { define } from '../../command.ts';
import { HOOK } from './argument.ts';

export const command = define({
  summary: 'Remove a web hook: nothing that comes by it counts any more',
  examples: ['hooks:remove github'],
  json: '{app, removed}',
  arguments: { hook: HOOK },
  options: {},
  async run(context, { hook }) {
    const app = await context.app();
    await (await context.api()).call('removeHook', { params: { app, hook } });
    context.out.show({ app, removed: hook }, () =>
      context.out.result(`The hook ${hook} of ${app} is removed`),
    );
  },
});
