import { argument, define } from '../../command.ts';
import { typeNext } from '../../hints.ts';

export const command = define({
  summary: 'Let a web hook that rests work again',
  examples: ['hooks:enable github'],
  json: 'Hook',
  arguments: { hook: argument('hook', 'as `sluice hooks` shows it') },
  options: {},
  async run(context, { hook: name }) {
    const { out } = context;
    const params = { app: await context.app(), hook: name };
    const hook = await (await context.api()).call('changeHook', { params, body: { enabled: true } });
    out.show(hook, () => {
      out.result(`The hook ${hook.name} takes messages again`);
      out.detail(`Undo: ${typeNext(context, `hooks:disable ${hook.name}`)}`);
    });
  },
});
