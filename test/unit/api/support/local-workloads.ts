import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { EventEmitter, on } from 'node:events';
import { Duplex } from 'node:stream';
import type {
  AppRef,
  LogLine,
  LogOptions,
  OneOff,
  OneOffCommand,
  Replica,
  ReleaseSpec,
  Workloads,
} from '../../../../engines/port.ts';

/** Replicas and log lines are what a test says; a one-off is a real process of this machine, with real pipes. */
export class LocalWorkloads implements Pick<Workloads, 'observe' | 'logs' | 'run'> {
  replicas: Replica[] = [];
  lines: LogLine[] = [];
  /** Set when nobody follows any more. */
  followersLeft = Promise.withResolvers<void>();
  readonly asked: { spec: ReleaseSpec; command: OneOffCommand }[] = [];
  readonly logOptions: LogOptions[] = [];
  readonly sizes: [columns: number, rows: number][] = [];
  /** Resolved with the signal that ended the newest one-off, null when none did. */
  ended = Promise.withResolvers<NodeJS.Signals | null>();
  killed = 0;
  /** Log lines that were taken. */
  taken = 0;
  /** Bytes that one-offs wrote and somebody took. */
  outputTaken = 0;
  readonly #news = new EventEmitter();

  async observe(appId?: string): Promise<Replica[]> {
    return this.replicas.filter((replica) => appId === undefined || replica.appId === appId);
  }

  say(line: LogLine): void {
    this.#news.emit('line', line);
  }

  get followers(): number {
    return this.#news.listenerCount('line');
  }

  async *logs(_app: AppRef, options: LogOptions): AsyncGenerator<LogLine> {
    this.logOptions.push(options);
    const { tail, follow, process, signal } = options;
    const wanted = this.lines.filter(
      ({ source }) => process === undefined || source.startsWith(`${process}.`),
    );
    for (const line of tail === 0 ? [] : wanted.slice(-tail)) {
      this.taken++;
      yield line;
    }
    if (!follow) return;
    try {
      for await (const [line] of on(this.#news, 'line', signal ? { signal } : {})) yield line as LogLine;
    } finally {
      this.followersLeft.resolve();
    }
  }

  async run(spec: ReleaseSpec, command: OneOffCommand): Promise<OneOff> {
    this.asked.push({ spec, command });
    const [program = '', ...args] = command.command as string[];
    const child = spawn(program, args, { stdio: 'pipe' });
    const exit = new Promise<{ code: number; oomKilled: boolean }>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        this.ended.resolve(signal);
        resolve({ code: code ?? 137, oomKilled: false });
      });
    });
    return {
      stream: pipesOf(child, (bytes) => (this.outputTaken += bytes)),
      ...(command.tty ? {} : { stderr: child.stderr }),
      resize: async (columns, rows) => void this.sizes.push([columns, rows]),
      exit,
      kill: async () => {
        this.killed++;
        child.kill('SIGKILL');
      },
    };
  }
}

/** Input and output as one stream. Unlike Duplex.from, output goes on when the process no longer takes input. */
function pipesOf(child: ChildProcessWithoutNullStreams, taken: (bytes: number) => void): Duplex {
  const { stdin, stdout } = child;
  const stream = new Duplex({
    read: () => void stdout.resume(),
    write: (chunk: Buffer, _encoding, done) => void stdin.write(chunk, () => done()),
    final: (done) => void stdin.end(() => done()),
    destroy: (error, done) => {
      stdout.destroy();
      done(error);
    },
  });
  stdin.on('error', () => undefined);
  stdout.on('data', (chunk: Buffer) => {
    taken(chunk.length);
    if (!stream.push(chunk)) stdout.pause();
  });
  stdout.once('end', () => void stream.push(null));
  return stream;
}
