import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

const PEER = join(import.meta.dirname, '..', 'support', 'datagram-peer.ts');

/** Sends or counts datagrams, in the network of another process when its id is given. */
export class DatagramPeer {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(pid: number | undefined, args: readonly string[]) {
    const own = [process.execPath, PEER, ...args];
    const [program = '', ...rest] =
      pid === undefined ? own : ['nsenter', `--net=/proc/${pid}/ns/net`, '--', ...own];
    this.#child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  static async listen(pid: number, port: number): Promise<DatagramPeer> {
    return DatagramPeer.#ready(new DatagramPeer(pid, ['listen', String(port)]));
  }

  /** @param to host and port */
  static async send(pid: number | undefined, to: readonly [string, number], word: string) {
    return DatagramPeer.#ready(new DatagramPeer(pid, ['send', to[0], String(to[1]), word]));
  }

  static async #ready(peer: DatagramPeer): Promise<DatagramPeer> {
    const { value } = await peer.#lines.next();
    if (value !== 'ready') throw new Error('no datagrams can be sent or counted there');
    return peer;
  }

  /** Ends it. @returns how many there were of each word */
  async end(): Promise<Record<string, number>> {
    const exited = once(this.#child, 'exit');
    this.#child.stdin.end();
    const { value } = await this.#lines.next();
    await exited;
    return JSON.parse(value as string) as Record<string, number>;
  }
}
