import { define } from '../../command.ts';
import { typeNext } from '../../hints.ts';

export const command = define({
  summary: 'SSH keys that are of this app alone, for machines that push',
  examples: ['deploy-keys -a shop'],
  json: 'DeployKey[]',
  arguments: {},
  options: {},
  async run(context) {
    const { out } = context;
    const { items } = await (
      await context.api()
    ).call('listDeployKeys', { params: { app: await context.app() } });
    out.show(items, () =>
      out.table(
        ['NAME', 'FINGERPRINT', 'ADDED', 'LAST USED', 'FROM'],
        items.map((key) => [
          key.name,
          key.fingerprint,
          out.time(key.createdAt),
          key.lastUsedAt === undefined ? 'never' : out.time(key.lastUsedAt),
          key.lastUsedFrom ?? '',
        ]),
        `No deploy keys. Type: ${typeNext(context, 'deploy-keys:add FILE')}`,
      ),
    );
  },
});
