import type { Api } from '../../api/client.ts';
import { argument, define } from '../../command.ts';
import { failed } from '../../failure.ts';

export const command = define({
  summary: 'Remove an SSH key; its next connection is refused',
  examples: ['keys:remove SHA256:abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'],
  json: '{removed}',
  arguments: { key: argument('key', 'id or fingerprint (SHA256:…), as `sluice keys` shows it') },
  options: {},
  async run({ api, out }, { key }) {
    const client = await api();
    const id = key.startsWith('SHA256:') ? await idOf(client, key) : key;
    await client.call('removeKey', { params: { key: id } });
    out.show({ removed: key }, () => out.result(`The key ${key} is removed`));
  },
});

/** Fingerprints hold slashes, which proxies on the way refuse in a path even when they are encoded. */
async function idOf(client: Api, fingerprint: string): Promise<string> {
  const { items } = await client.call('listKeys', {});
  const found = items.find((item) => item.fingerprint === fingerprint);
  if (found === undefined)
    throw failed('key_unknown', `no key has the fingerprint ${fingerprint}`, 'Type: sluice keys');
  return found.id;
}
