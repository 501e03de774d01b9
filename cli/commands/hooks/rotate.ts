import { define, value } from '../../command.ts';
import { seconds } from '../../durations.ts';
import { HOOK } from './argument.ts';
import { asShown, ownSecret, ownSecretOption } from './own-secret.ts';
import { showSecret } from './show-secret.ts';

export const command = define({
  summary: 'Give a web hook a new secret, shown once',
  details:
    'The old one ends at once, unless --keep says for how long it stays good: so nothing is lost while you paste the new one.',
  examples: [
    'hooks:rotate github',
    'hooks:rotate github --keep 1h',
    'hooks:rotate gitlab --own-secret < token.txt',
  ],
  json: 'HookWithSecret',
  arguments: { hook: HOOK },
  options: {
    keep: value('--keep <time>', 'such as 1h, at most 7d', seconds, 0),
    ownSecret: ownSecretOption,
  },
  async run(context, { hook: name, keep, ownSecret: own }) {
    const { out } = context;
    const app = await context.app();
    const body = { keepSeconds: keep, ...(await ownSecret(context, own)) };
    const hook = await (await context.api()).call('rotateHook', { params: { app, hook: name }, body });
    const shown = asShown(hook, own);
    out.show(shown, () => {
      out.result(`The hook ${hook.name} of ${app} has a new secret`);
      showSecret(out, shown);
      out.detail(
        hook.oldSecretUntil === undefined
          ? 'The old secret is good for nothing any more'
          : `The old secret is good until ${hook.oldSecretUntil}`,
      );
    });
  },
});
