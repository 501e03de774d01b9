import { define, text, value } from '../../command.ts';
import { typeNext } from '../../hints.ts';
import { misuse } from '../../failure.ts';
import { asShown, ownSecret, ownSecretOption } from './own-secret.ts';
import { showSecret } from './show-secret.ts';

const KINDS = ['github', 'gitlab', 'generic'] as const;

export const command = define({
  summary: 'Let GitHub, GitLab or a script of yours have the app deployed',
  details:
    'Shows the URL and the secret, once, and where to paste them. What comes must be signed by that secret. ' +
    'It deploys changes of one branch; `generic` takes what it is told to deploy: a ref, a commit, or an image by its digest.',
  examples: [
    'hooks:create --from github',
    'hooks:create --from gitlab --branch staging --name staging',
    'hooks:create --from generic',
    'hooks:create --from gitlab --own-secret < token.txt',
  ],
  json: 'HookWithSecret',
  arguments: {},
  choices: { sender: KINDS },
  options: {
    from: value('--from <sender>', KINDS.join(', '), kindOf, undefined),
    branch: text('--branch <name>', "whose changes it deploys; else the app's deploy branch"),
    ownSecret: ownSecretOption,
    name: text('--name <name>', 'what you will know it by'),
  },
  async run(context, { from: kind, branch, name, ownSecret: own }) {
    const { out } = context;
    if (kind === undefined) {
      throw misuse('who sends is missing', `Type: sluice hooks:create --from ${KINDS.join('|')}`);
    }
    const app = await context.app();
    const body = {
      kind,
      ...(branch === undefined ? {} : { branch }),
      ...(name === undefined ? {} : { name }),
      ...(await ownSecret(context, own)),
    };
    const hook = await (await context.api()).call('createHook', { params: { app }, body });
    const shown = asShown(hook, own);
    out.show(shown, () => {
      out.result(`The hook ${hook.name} of ${app} is made`);
      showSecret(out, shown);
      out.detail(`What came: ${typeNext(context, `hooks:deliveries ${hook.name}`)}`);
      out.detail(`Undo: ${typeNext(context, `hooks:remove ${hook.name}`)}`);
    });
  },
});

function kindOf(given: string): (typeof KINDS)[number] {
  const kind = KINDS.find((known) => known === given);
  if (kind === undefined) throw new Error(`a hook is from one of ${KINDS.join(', ')}`);
  return kind;
}
