import { define } from '../../command.ts';
import { HOOK } from './argument.ts';
import { switchHook } from './switch.ts';

export const command = define({
  summary: 'Let a web hook rest: it takes nothing until it is enabled again',
  examples: ['hooks:disable github'],
  json: 'Hook',
  arguments: { hook: HOOK },
  options: {},
  run: (context, { hook }) => switchHook(context, hook, false),
});
