import type { Secret } from '../../../core/contracts/resources.ts';
import { argument, define, text, value } from '../../command.ts';
import type { Context } from '../../context.ts';
import { failed, misuse } from '../../failure.ts';
import { typeNext } from '../../hints.ts';
import { whole } from '../../numbers.ts';
import { showChange } from '../config/change.ts';
import { valueOfFile, valueOfStdin } from '../config/given-values.ts';
import { asBody, releaseOptions } from '../config/release-options.ts';
import { askFor, present } from './given-secrets.ts';

/** Bytes of a value that is made without saying how long. */
const GENERATED_BYTES = 32;

export const command = define({
  summary: 'Give a secret a new value, and say when the old one can be revoked',
  details:
    'The value is asked for, read from stdin, or made by the platform, so that nobody has seen it. ' +
    'The secret stays where it was. At the end it is said which releases still run with the old value.',
  examples: [
    'secrets:rotate DATABASE_URL',
    'secrets:rotate SESSION_KEY --generate',
    'openssl rand -hex 32 | sluice secrets:rotate API_KEY',
  ],
  json: '{version, release?: Release, alreadyIn?: integer}: no release where nothing is live, or where that one has it already',
  arguments: { name: argument('name', 'of a secret that is set') },
  options: {
    generate: value<number | true | undefined>(
      '--generate [bytes]',
      `let the platform make it: so many random bytes (${GENERATED_BYTES}) as base64url`,
      whole(16, 1_024),
      undefined,
    ),
    fromFile: text('--from-file <path>', 'the value is what the file holds, to the byte'),
    ...releaseOptions,
  },
  async run(context, { name, generate, fromFile, ...options }) {
    const app = await context.app();
    const api = await context.api();
    const { items } = await api.call('listSecrets', { params: { app } });
    const secret = items.find((one) => one.name === name);
    // Said before the value is asked for, which would be lost.
    if (!secret) throw notThere(context, name);
    const given = await newValue(context, name, generate, fromFile);
    const params = { app, secret: name };
    const changed = await api.call('rotateSecret', { params, body: { ...given, ...asBody(options) } });
    await showChange(
      context,
      app,
      changed,
      {
        text: `Rotated ${name}`,
        builds: secret.kinds.every((kind) => kind === 'build'),
        after: async () => adviseRevoking(context, (await find(context, app, name)) ?? secret),
      },
      options,
    );
  },
});

async function newValue(
  context: Context,
  name: string,
  generate: number | true | undefined,
  fromFile: string | undefined,
): Promise<{ value: string } | { generate: number }> {
  if (generate !== undefined && fromFile !== undefined)
    throw misuse('--generate and --from-file exclude each other');
  if (generate !== undefined) return { generate: generate === true ? GENERATED_BYTES : generate };
  if (fromFile !== undefined) return { value: await valueOfFile(fromFile) };
  const { terminal } = context;
  if (!terminal.canAsk) return { value: present(name, await valueOfStdin(terminal.stdin, name)) };
  const [[, given] = ['', '']] = await askFor(context, [name]);
  return { value: given };
}

async function find(context: Context, app: string, name: string): Promise<Secret | undefined> {
  const { items } = await (await context.api()).call('listSecrets', { params: { app } });
  return items.find((secret) => secret.name === name);
}

/** The old value must work until nothing runs with it, and not for longer. */
function adviseRevoking(context: Context, { name, olderIn }: Secret): void {
  const { out } = context;
  for (const { release, live, until } of olderIn) {
    if (live) out.detail(`v${release}, which is live, still has the old value: do not revoke it yet`);
    else if (until === undefined) out.detail(`v${release} still has the old value`);
    else out.detail(`v${release} is kept with the old value, for a quick way back, until ${until}`);
  }
  out.detail(
    olderIn.length === 0
      ? `Nothing runs with the old value of ${name} any more: revoke it where it was issued`
      : `Once nothing runs with the old value (${typeNext(context, 'secrets')}), revoke it where it was issued`,
  );
  out.detail('A rollback to a release from before brings the old value back');
}

function notThere(context: Context, name: string): Error {
  return failed(
    'secret_not_found',
    `there is no secret ${name} to rotate`,
    `Type: ${typeNext(context, 'secrets')}, or to set it: ${typeNext(context, `secrets:set ${name}`)}`,
  );
}
