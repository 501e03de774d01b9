import { define, text } from '../../command.ts';
import type { Context } from '../../context.ts';
import { misuse } from '../../failure.ts';
import { formatAddress, parseAddress } from '../../platform/address.ts';
import { savePlatform } from '../../platform/config-file.ts';
import { ask } from '../../prompt.ts';
import { publicKeyFiles, readPublicKey } from '../../public-keys.ts';

export const command = define({
  summary: "Make the first admin, on the platform's own machine",
  details: 'Done once. It talks to the server by its own socket below SLUICE_DATA_DIR (/var/lib/sluice).',
  examples: ['setup --person alice --key ~/.ssh/id_ed25519.pub'],
  json: 'Status',
  arguments: {},
  options: {
    person: text('--person <name>', 'your name on the platform; else your login name'),
    key: text('--key <file>', 'your public key; else the first in ~/.ssh; "-" reads stdin'),
  },
  local: true,
  async run(context, { person, key }) {
    const { out, settings } = context;
    const name = person ?? (await personOf(context));
    const { line, from } = await readPublicKey(context, key ?? (await askForKey(context)));
    const status = await (await context.api()).call('setup', { body: { person: name, publicKey: line } });
    const { address, fingerprint } = status.ssh;
    const host = hostOf(address);
    await savePlatform(settings.configFile, { host, fingerprint });
    out.show(status, () => {
      out.result(`${name} is the first admin, with the key ${from}`);
      out.detail(`SSH address: ${host}`);
      out.detail(`Host key:    ${fingerprint}`);
      out.detail(`Saved in:    ${settings.configFile}`);
      out.line('');
      out.line('Next:');
      out.detail('sluice apps:create hello     in the folder of your app; adds the git remote "platform"');
      out.detail('git push platform main       runs its tests, builds it, makes it live');
      out.detail(`export SLUICE_HOST=${host}   on other machines, with the same key`);
    });
  },
});

async function personOf({ terminal, settings }: Context): Promise<string> {
  const login = settings.user?.toLowerCase();
  const unclear = login === undefined || login === 'root';
  const name = unclear && terminal.canAsk ? await ask(terminal, 'Your name on the platform: ') : login;
  if (name === undefined || name === '') throw misuse('who is the first admin?', 'Add --person NAME');
  return name;
}

/** Asks only when it is unclear: several keys, and a person to choose. */
async function askForKey({ terminal, settings }: Context): Promise<string | undefined> {
  const files = await publicKeyFiles(settings.home);
  if (!terminal.canAsk || files.length < 2) return files[0];
  files.forEach((file, at) => terminal.stderr.write(`  ${at + 1}. ${file}\n`));
  const typed = await ask(terminal, 'Which public key? [1]: ');
  const chosen = files[typed === '' ? 0 : Number(typed) - 1];
  if (chosen === undefined) throw misuse(`"${typed}" is none of them`, 'Add --key FILE');
  return chosen;
}

function hostOf(address: string): string {
  const parsed = parseAddress(address);
  return parsed.kind === 'ssh' ? formatAddress(parsed) : address;
}
