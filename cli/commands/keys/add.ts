import { define, optional, text } from '../../command.ts';
import { readPublicKey } from '../../public-keys.ts';

export const command = define({
  summary: 'Add an SSH key; it is valid at once',
  examples: ['keys:add ~/.ssh/laptop.pub', 'keys:add bob.pub --person bob'],
  json: 'Key',
  arguments: { file: optional('file', 'a public key; else the first in ~/.ssh; "-" reads stdin') },
  options: { person: text('--person <person>', 'whose key it is, made when there is none (admins)') },
  async run(context, { file, person }) {
    const { out } = context;
    const { line, from } = await readPublicKey(context, file);
    const body = { publicKey: line, ...(person === undefined ? {} : { person }) };
    const key = await (await context.api()).call('addKey', { body });
    out.show(key, () => {
      out.result(`${key.person} has the key ${key.fingerprint} (${from})`);
      out.detail(`Undo: sluice keys:remove ${key.fingerprint}`);
      if (person !== undefined) out.detail(`Next: sluice access:add ${person} deployer -a APP`);
    });
  },
});
