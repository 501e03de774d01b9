import type { Provider } from '../../../core/contracts/resources.ts';
import { argument, define, text, value } from '../../command.ts';
import { typeNext } from '../../hints.ts';
import { readSecretFile } from '../../secret-file.ts';
import { showCheck, showRepository } from './show.ts';

const PROVIDERS: readonly Provider[] = ['github', 'gitlab', 'gitea'];

export const command = define({
  summary: 'Link a repository, so that web hooks and builds:create --from-source fetch from it',
  details:
    'By SSH the platform makes a deploy key and shows its public half, to be added there. By https a token opens what not anyone may read. With a status token each build shows at its commit there.',
  examples: [
    'repository:link git@github.com:acme/shop.git',
    'repository:link https://gitlab.com/acme/shop.git --token-file token.txt --branch main',
    'repository:link git@github.com:acme/shop.git --status-token-file - < token.txt',
  ],
  json: 'LinkedRepositoryChecked',
  arguments: { url: argument('url', 'https://…, ssh://… or git@host:owner/name.git') },
  choices: { provider: PROVIDERS },
  options: {
    branch: text('--branch <name>', "the branch that is deployed; else the app's own"),
    tokenFile: text('--token-file <file>', 'holds the token for an https URL; "-" reads stdin'),
    statusTokenFile: text('--status-token-file <file>', 'holds a token that may set commit statuses'),
    provider: value(
      '--provider <provider>',
      'github, gitlab or gitea; else guessed by the host',
      provider,
      undefined,
    ),
  },
  async run(context, { url, branch, tokenFile, statusTokenFile, provider: named }) {
    const { out } = context;
    const app = await context.app();
    const token = tokenFile === undefined ? undefined : await readSecretFile(context, tokenFile);
    const statusToken =
      statusTokenFile === undefined ? undefined : await readSecretFile(context, statusTokenFile);
    const body = {
      url,
      ...(branch === undefined ? {} : { branch }),
      ...(token === undefined ? {} : { token }),
      ...(statusToken === undefined ? {} : { statusToken }),
      ...(named === undefined ? {} : { provider: named }),
    };
    const api = await context.api();
    const linked = await context.waiting('Linking, and trying to read it', () =>
      api.call('linkRepository', { params: { app }, body }),
    );
    if (context.json) return out.show(linked, () => undefined);
    out.result(`${app} is linked to ${linked.url}`);
    showRepository(context, linked);
    const isNew = linked.login === 'deploy-key' && !linked.check.ok;
    if (isNew) {
      out.detail('Add the deploy key there, for reading only; then:');
      out.detail(typeNext(context, 'repository:check'));
      return;
    }
    const code = showCheck(context, linked.check);
    if (code === 0) out.detail(`Next: ${typeNext(context, 'builds:create --from-source')}`);
    return code;
  },
});

function provider(name: string): Provider {
  const known = PROVIDERS.find((one) => one === name);
  if (known === undefined) throw new Error('a provider is github, gitlab or gitea');
  return known;
}
