import { define } from '../../command.ts';
import { typeNext } from '../../hints.ts';
import { HOOK } from './argument.ts';

export const command = define({
  summary: 'One web hook: its URL, what came last, and what was refused last',
  examples: ['hooks:info github'],
  json: 'Hook',
  arguments: { hook: HOOK },
  options: {},
  async run(context, { hook: name }) {
    const { out } = context;
    const params = { app: await context.app(), hook: name };
    const hook = await (await context.api()).call('getHook', { params });
    const { lastDelivery: last, lastRefused: refused } = hook;
    out.show(hook, () =>
      out.facts([
        ['Hook', `${hook.name}${hook.enabled ? '' : ' (off)'}`],
        ['From', hook.kind],
        ['Branch', hook.branch],
        ['URL', hook.url],
        ['Made', `${out.time(hook.createdAt)} by ${hook.person}`],
        ['Secret changed', hook.rotatedAt && out.time(hook.rotatedAt)],
        ['Old secret until', hook.oldSecretUntil],
        ['Last delivery', last && `${last.event}: ${last.state} (${out.time(last.receivedAt)})`],
        ['Last refused', refused && `${refused.code} (${out.time(refused.at)})`],
        ['What came', typeNext(context, `hooks:deliveries ${hook.name}`)],
      ]),
    );
  },
});
