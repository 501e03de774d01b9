import { refusalLines } from '../../../core/failure/screen.ts';
import { Refusal } from '../../../core/reason.ts';
import { ClientGone, type ChannelOutput } from '../channel-output.ts';
import { refuse } from '../refusals.ts';
import { ServerUnreachable, type ServerClient } from '../server-client.ts';
import { readAsked } from './asked.ts';
import type { Login } from '../login.ts';
import { PersonApi } from './person-api.ts';
import { VERBS } from './verbs.ts';

/** As the `sluice` command exits: refused or failed, misuse, platform not reached. */
const EXIT = { failed: 1, misuse: 2, unreached: 3 } as const;

/** Runs one verb of `ssh HOST VERB …`. @returns the exit code */
export async function runVerb(
  { verb, words }: { readonly verb: string; readonly words: readonly string[] },
  {
    server,
    login,
    gone,
    output,
  }: {
    readonly server: ServerClient;
    readonly login: Login;
    readonly gone: AbortSignal;
    readonly output: ChannelOutput;
  },
): Promise<number> {
  try {
    const known = VERBS[verb];
    if (known === undefined) throw new TypeError(`${verb} is no verb`);
    const told = known.run(new PersonApi(server, login, gone), readAsked(verb, words, known));
    if (Symbol.asyncIterator in told) {
      for await (const line of told) await output.write(Buffer.from(text([line])));
    } else {
      await output.write(Buffer.from((await told).map((line) => `${line}\n`).join('')));
    }
    return 0;
  } catch (error) {
    if (gone.aborted) throw new ClientGone();
    if (error instanceof Refusal) {
      await output.writeError(text(refusalLines(error.reason)));
      return error.reason.code === 'misuse' ? EXIT.misuse : EXIT.failed;
    }
    if (!(error instanceof ServerUnreachable)) throw error;
    await output.writeError(text(refusalLines(refuse('platform_unreachable'))));
    return EXIT.unreached;
  }
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
