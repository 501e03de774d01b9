import { once } from 'node:events';
import { Duplex, PassThrough, type Readable } from 'node:stream';
import { Attach } from '@kubernetes/client-node';
import type { Cluster } from '../api/cluster.ts';
import { ClusterUnreachable, understood } from '../api/errors.ts';
import { GateFilter, newWords } from './gate.ts';
import { CONTAINER } from './objects/pod-spec.ts';
import type { PodPlace } from './pod-logs.ts';

const STDIN = 0;
const RESIZE = 4;
const CLOSE = 255;

/** Milliseconds after which the gate is asked again: what was said before the outputs were attached is lost. */
const ASK_AGAIN_MS = 500;
const MOST_ASKED = 40;
/** Milliseconds for the line to be made. */
const OPEN_MS = 15_000;
/** Milliseconds between pings: a balancer drops a line on which nothing is said for a minute or so. */
const PING_MS = 30_000;
const BROKE = ' !     the connection to the command broke; its last output may be missing';

/** What is used of the library's web socket, whose own types are not here. */
interface Socket {
  readonly readyState: number;
  readonly OPEN: number;
  addEventListener(what: 'close', listener: () => void): void;
  send(frame: Buffer, sent: (error?: Error) => void): void;
  ping(): void;
  pause(): void;
  resume(): void;
  close(): void;
}

/** The streams of a container that waits at its gate. */
export class Attachment {
  /** Bytes both ways; with a terminal, output is raw, else stdout only is here. */
  readonly stream: Duplex;
  /** stderr when there is no terminal. */
  readonly stderr: Readable | undefined;
  /** Resolves when the container's side has ended, or the line to it broke. */
  readonly closed: Promise<void>;
  /** The command's exit code, once all that it wrote is heard; never where the line broke before. */
  readonly ended: Promise<number>;
  private readonly socket: Socket;
  private readonly answered: Promise<unknown>;
  private readonly words: ReturnType<typeof newWords>;
  private readonly outputs: readonly Output[];

  private constructor(
    socket: Socket,
    { stdout, stderr }: { stdout: Output; stderr: Output | undefined },
    words: ReturnType<typeof newWords>,
  ) {
    this.outputs = stderr === undefined ? [stdout] : [stdout, stderr];
    this.socket = socket;
    this.words = words;
    this.stderr = stderr?.stream;
    this.answered = Promise.all([stdout.answered, stderr?.answered]);
    const closed = Promise.withResolvers<void>();
    this.closed = closed.promise;
    this.ended = Promise.all([stdout.ended, stderr?.ended]).then(([code]) => code);
    const pings = setInterval(() => {
      if (socket.readyState === socket.OPEN) socket.ping();
    }, PING_MS).unref();
    socket.addEventListener('close', () => {
      clearInterval(pings);
      // Neither the gate nor the cluster has said that this is all.
      if (this.outputs.some(({ isOpen }) => isOpen)) (stderr?.isOpen === true ? stderr : stdout).say(BROKE);
      for (const output of this.outputs) output.end();
      closed.resolve();
    });
    const pace = paced(socket);
    for (const output of this.outputs) output.paceBy(pace);
    const stdin = new PassThrough();
    void this.forward(stdin);
    this.stream = Duplex.from({ readable: stdout.stream, writable: stdin } as never);
  }

  /** @throws ClusterUnreachable, Error when the container has ended */
  static async open(cluster: Cluster, { namespace, name }: PodPlace, tty: boolean): Promise<Attachment> {
    const words = newWords();
    const stdout = new Output(words, tty);
    const stderr = tty ? undefined : new Output(words, tty);
    const attach = new Attach(cluster.config);
    try {
      const silent = new PassThrough();
      const opening = attach.attach(namespace, name, CONTAINER, stdout, stderr ?? null, silent, tty);
      const socket = await inTime(opening as Promise<unknown> as Promise<Socket>);
      return new Attachment(socket, { stdout, stderr }, words);
    } catch (error) {
      throw understood(causeOf(error));
    }
  }

  /**
   * Resolves once all that the command will write is heard.
   * @throws Error when the gate does not answer
   */
  async heard(): Promise<void> {
    const { ask } = this.words;
    const ended = this.closed.then(() => 'ended' as const);
    for (let asked = 0; asked < MOST_ASKED; asked += 1) {
      await this.send(STDIN, `${ask}\n`);
      const late = new AbortController();
      const answer = await Promise.race([
        this.answered.then(() => 'heard' as const),
        ended,
        after(ASK_AGAIN_MS, late.signal),
      ]);
      late.abort();
      if (answer === 'ended') break;
      if (answer === 'heard') return;
    }
    throw new Error('the command could not be reached before its start');
  }

  /** Lets the command begin; to be called once it is `heard`. */
  async go(): Promise<void> {
    await this.send(STDIN, `${this.words.go}\n`);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.send(RESIZE, JSON.stringify({ Width: columns, Height: rows }));
  }

  /** Resolves when nothing more is to come, or nothing has for so many milliseconds from now, though somebody read. */
  async untilQuiet(ms: number): Promise<void> {
    const since = performance.now();
    let over = false;
    const end = Promise.race([this.closed, this.ended]).then(() => (over = true));
    for (;;) {
      const heardAt = Math.max(since, ...this.outputs.map((output) => output.heardAt));
      const left = heardAt + ms - performance.now();
      if (over || left <= 0) return;
      const timer = new AbortController();
      await Promise.race([end, after(left, timer.signal)]);
      timer.abort();
    }
  }

  close(): void {
    this.socket.close();
  }

  private async forward(stdin: Readable): Promise<void> {
    try {
      for await (const chunk of stdin) await this.send(STDIN, chunk as Buffer);
      await this.sendFrame(Buffer.from([CLOSE, STDIN]));
    } catch {
      // The command has ended, or the line broke: its exit code tells.
    }
  }

  private send(channel: number, data: Buffer | string): Promise<void> {
    return this.sendFrame(Buffer.concat([Buffer.from([channel]), Buffer.from(data as string)]));
  }

  /** Resolves when it is on its way, which is the back pressure. */
  private sendFrame(frame: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.socket.readyState !== this.socket.OPEN) return resolve();
      this.socket.send(frame, (error) => (error ? reject(error) : resolve()));
    });
  }
}

/** Holds a line that more than one output is read from. */
interface Pace {
  pause(): void;
  resume(): void;
}

function paced(socket: Socket): Pace {
  let holds = 0;
  return {
    pause: () => {
      holds += 1;
      socket.pause();
    },
    resume: () => {
      holds -= 1;
      if (holds === 0) socket.resume();
    },
  };
}

/** One output, as the library writes to it: without the gate's own words, and no faster than it is read. */
class Output {
  readonly stream = new PassThrough();
  readonly answered: Promise<void>;
  readonly ended: Promise<number>;
  private readonly filter: GateFilter;
  private readonly newline: string;
  private pace: Pace | undefined;
  private isFull = false;
  private lastAt = 0;

  constructor(words: ReturnType<typeof newWords>, tty: boolean) {
    const answered = Promise.withResolvers<void>();
    this.answered = answered.promise;
    const ended = Promise.withResolvers<number>();
    this.ended = ended.promise;
    this.newline = tty ? '\r\n' : '\n';
    this.filter = new GateFilter(words, tty, answered.resolve, (code) => {
      ended.resolve(code);
      // After what this piece still holds.
      queueMicrotask(() => this.end());
    });
  }

  get isOpen(): boolean {
    return !this.stream.writableEnded;
  }

  /** When something came last, or could not as nobody read: `performance.now()`; 0: never. */
  get heardAt(): number {
    return this.isFull ? performance.now() : this.lastAt;
  }

  paceBy(pace: Pace): void {
    this.pace = pace;
  }

  write(chunk: Buffer): void {
    this.lastAt = performance.now();
    const own = this.filter.push(chunk);
    if (own.length === 0 || this.stream.destroyed || this.stream.writableEnded) return;
    if (!this.stream.write(own) && !this.isFull) void this.untilRead();
  }

  /** A line of the platform's own, after all that was heard. */
  say(line: string): void {
    const rest = this.filter.rest();
    if (this.stream.destroyed) return;
    this.stream.write(rest);
    this.stream.write(`${this.newline}${line}${this.newline}`);
  }

  end(): void {
    if (!this.stream.writableEnded) this.stream.end(this.filter.rest());
  }

  private async untilRead(): Promise<void> {
    this.isFull = true;
    this.pace?.pause();
    const over = new AbortController();
    const { signal } = over;
    await Promise.race([
      once(this.stream, 'drain', { signal }),
      once(this.stream, 'close', { signal }),
    ]).catch(() => undefined);
    over.abort();
    this.isFull = false;
    this.lastAt = performance.now();
    this.pace?.resume();
  }
}

function after(ms: number, signal: AbortSignal): Promise<'late'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('late'), ms);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}

/** A line that comes too late is closed. @throws ClusterUnreachable */
async function inTime(opening: Promise<Socket>): Promise<Socket> {
  const timer = new AbortController();
  try {
    const socket = await Promise.race([opening, after(OPEN_MS, timer.signal)]);
    if (socket !== 'late') return socket;
    opening.then((late) => late.close()).catch(() => undefined);
    throw new ClusterUnreachable(new Error(`no line to the command within ${String(OPEN_MS / 1_000)} s`));
  } finally {
    timer.abort();
  }
}

/** A web socket tells what went wrong in an event. */
function causeOf(event: unknown): unknown {
  return (event as { error?: unknown } | undefined)?.error ?? event;
}
