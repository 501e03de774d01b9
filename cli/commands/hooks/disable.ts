import { argument, define } from '../../command.ts';
import { typeNext } from '../../hints.ts';

export const command = define({
  summary: 'Let a web hook rest: it takes nothing until it is enabled again',
  examples: ['hooks:disable github'],
  json: 'Hook',
  arguments: { hook: argument('hook', 'as `sluice hooks` shows it') },
  options: {},
  async run(context, { hook: name }) {
    const { out } = context;
    const params = { app: await context.app(), hook: name };
    const hook = await (await context.api()).call('changeHook', { params, body: { enabled: false } });
    out.show(hook, () => {
      out.result(`The hook ${hook.name} takes no messages`);
      out.detail(`Undo: ${typeNext(context, `hooks:enable ${hook.name}`)}`);
    });
  },
});
