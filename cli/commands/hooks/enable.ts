import { define } from '../../command.ts';
import { HOOK } from './argument.ts';
import { switchHook } from './switch.ts';

export const command = define({
  summary: 'Let a web hook that rests work again',
  examples: ['hooks:enable github'],
  json: 'Hook',
  arguments: { hook: HOOK },
  options: {},
  run: (context, { hook }) => switchHook(context, hook, true),
});
