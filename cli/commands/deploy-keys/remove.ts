import { argument, define } from '../../command.ts';
import { failed } from '../../failure.ts';
import { typeNext } from '../../hints.ts';

export const command = define({
  summary: 'Remove a deploy key; its next push is refused',
  examples: ['deploy-keys:remove ci'],
  json: '{app, removed}',
  arguments: { key: argument('key', 'name, id or fingerprint, as `sluice deploy-keys` shows it') },
  options: {},
  async run(context, { key }) {
    const app = await context.app();
    const client = await context.api();
    const { items } = await client.call('listDeployKeys', { params: { app } });
    // By its id, as names and fingerprints hold what proxies on the way refuse in a path.
    const found = items.find((item) => [item.id, item.name, item.fingerprint].includes(key));
    if (found === undefined) {
      const hint = `Type: ${typeNext(context, 'deploy-keys')}`;
      throw failed('deploy_key_not_found', `${app} has no deploy key ${key}`, hint);
    }
    await client.call('removeDeployKey', { params: { app, key: found.id } });
    context.out.show({ app, removed: found.name }, () =>
      context.out.result(`The deploy key ${found.name} of ${app} is removed`),
    );
  },
});
