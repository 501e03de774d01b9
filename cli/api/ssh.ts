import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { unreached, type Failure } from '../failure.ts';
import { formatAddress, type SshAddress } from '../platform/address.ts';
import type { Settings } from '../settings.ts';
import { ChildSocket, type PipedChild } from './child-socket.ts';
import { API_COMMAND, sshArgv } from './ssh-command.ts';
import { explainSsh } from './ssh-errors.ts';
import type { RequestHead, Transport } from './transport.ts';

/** How much of ssh's own words is kept for an error message, in characters. */
const KEPT = 8_192;

/** HTTP over the person's own ssh: one child for all requests of a command, another if that one ends. */
export class SshTransport implements Transport {
  readonly #argv: [string, ...string[]];
  readonly #address: SshAddress;
  readonly #notice: (line: string) => void;
  readonly #agent: Agent;
  #child: PipedChild | undefined;
  #said = '';

  /** @param notice gets what ssh asks of the person without a terminal, such as a touch on a security key */
  constructor(
    settings: Pick<Settings, 'ssh' | 'quiet'>,
    address: SshAddress,
    notice: (line: string) => void,
  ) {
    this.#argv = sshArgv(settings, address, API_COMMAND);
    this.#address = address;
    this.#notice = notice;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 });
    this.#agent.createConnection = () => this.#connect();
  }

  request(head: RequestHead): ReturnType<typeof request> {
    return request({
      ...head,
      host: 'platform',
      headers: { ...head.headers, host: this.#address.host },
      agent: this.#agent,
    });
  }

  async explain(error: Error): Promise<Failure> {
    const child = this.#child;
    if (isNotFound(error)) {
      return unreached(
        `"${this.#argv[0]}" was not found, and the platform is reached by ssh`,
        'Install an OpenSSH client, or set SLUICE_SSH to its path',
      );
    }
    if (child !== undefined) await ended(child);
    return explainSsh(formatAddress(this.#address), this.#said);
  }

  close(): void {
    this.#agent.destroy();
    this.#child?.kill();
  }

  #connect(): Duplex {
    const [program, ...args] = this.#argv;
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    this.#said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-KEPT);
      if (/user presence|verification code|touch/i.test(text)) this.#notice(text.trim());
    });
    return new ChildSocket(child);
  }
}

/** Its last words come before its end. `close` would wait for a master connection that keeps stderr open. */
async function ended(child: PipedChild): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await once(child, 'exit', { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
}

function isNotFound(error: Error): boolean {
  return 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES');
}
