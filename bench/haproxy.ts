import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RuntimeSocket } from '../router/haproxy/runtime-socket.ts';
import { eventually } from '../test/support/eventually.ts';

/** Milliseconds that an answer of its statistics may take. */
const ANSWER_MS = 5_000;

/** A HAProxy with a configuration written by hand. */
export class Haproxy {
  readonly argv: readonly string[];
  readonly config: string;
  readonly #child: ChildProcess;
  readonly #runtime: RuntimeSocket;

  private constructor(argv: readonly string[], config: string, child: ChildProcess, runtime: RuntimeSocket) {
    this.argv = argv;
    this.config = config;
    this.#child = child;
    this.#runtime = runtime;
  }

  /** @param config without `global`: that is added. @throws with HAProxy's own words when it does not start */
  static async start(folder: string, name: string, global: string, config: string): Promise<Haproxy> {
    const file = join(folder, `${name}.cfg`);
    const socket = join(folder, `${name}.sock`);
    await writeFile(file, `global\n  stats socket ${socket} mode 600 level admin\n${global}\n${config}`);
    const argv = ['haproxy', '-db', '-f', file];
    const [program = '', ...args] = argv;
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (text: Buffer) => (said += text.toString()));
    const runtime = await eventually(
      `${name} serves`,
      () => {
        if (child.exitCode !== null) throw new Error(said);
        return RuntimeSocket.open(socket, ANSWER_MS);
      },
      5_000,
    );
    return new Haproxy(argv, `${global}\n${config}`, child, runtime);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Requests that each of its frontends has had. */
  async requests(): Promise<Map<string, number>> {
    const [head = '', ...rows] = (await this.#runtime.send('show stat -1 1 -1')).split('\n');
    const column = head.split(',').indexOf('req_tot');
    return new Map(rows.map((row) => row.split(',')).map((cells) => [cells[0] ?? '', Number(cells[column])]));
  }

  async stop(): Promise<void> {
    this.#runtime.close();
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}
