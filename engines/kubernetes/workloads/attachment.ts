import { once } from 'node:events';
import { Duplex, PassThrough, type Readable } from 'node:stream';
import { Attach } from '@kubernetes/client-node';
import type { Cluster } from '../api/cluster.ts';
import { understood } from '../api/errors.ts';
import { GateFilter, newWords } from './gate.ts';
import { CONTAINER } from './objects/pod-spec.ts';
import type { PodPlace } from './pod-logs.ts';

const STDIN = 0;
const RESIZE = 4;
const CLOSE = 255;

/** Milliseconds after which the gate is asked again: what was said before the outputs were attached is lost. */
const ASK_AGAIN_MS = 500;
const MOST_ASKED = 40;

/** What is used of the library's web socket, whose own types are not here. */
interface Socket {
  readonly readyState: number;
  readonly OPEN: number;
  addEventListener(what: 'close', listener: () => void): void;
  send(frame: Buffer, sent: (error?: Error) => void): void;
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

  private constructor(
    socket: Socket,
    outputs: { stdout: Output; stderr: Output | undefined },
    words: ReturnType<typeof newWords>,
  ) {
    const { stdout, stderr } = outputs;
    this.socket = socket;
    this.words = words;
    this.stderr = stderr?.stream;
    this.answered = Promise.all([stdout.answered, stderr?.answered]);
    const closed = Promise.withResolvers<void>();
    this.closed = closed.promise;
    this.ended = Promise.all([stdout.ended, stderr?.ended]).then(([code]) => code);
    socket.addEventListener('close', () => {
      stdout.end();
      stderr?.end();
      closed.resolve();
    });
    for (const output of [stdout, stderr]) output?.paceBy(socket);
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
      const socket: unknown = await attach.attach(
        namespace,
        name,
        CONTAINER,
        stdout,
        stderr ?? null,
        silent,
        tty,
      );
      return new Attachment(socket as Socket, { stdout, stderr }, words);
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

/** One output, as the library writes to it: without the gate's own words, and no faster than it is read. */
class Output {
  readonly stream = new PassThrough();
  readonly answered: Promise<void>;
  readonly ended: Promise<number>;
  private readonly filter: GateFilter;
  private socket: Socket | undefined;

  constructor(words: ReturnType<typeof newWords>, tty: boolean) {
    const answered = Promise.withResolvers<void>();
    this.answered = answered.promise;
    const ended = Promise.withResolvers<number>();
    this.ended = ended.promise;
    this.filter = new GateFilter(words, tty, answered.resolve, (code) => {
      ended.resolve(code);
      // After what this piece still holds.
      queueMicrotask(() => this.end());
    });
  }

  paceBy(socket: Socket): void {
    this.socket = socket;
  }

  write(chunk: Buffer): void {
    const own = this.filter.push(chunk);
    if (own.length === 0 || this.stream.destroyed || this.stream.writableEnded) return;
    if (this.stream.write(own)) return;
    this.socket?.pause();
    void Promise.race([once(this.stream, 'drain'), once(this.stream, 'close')])
      .catch(() => undefined)
      .then(() => this.socket?.resume());
  }

  end(): void {
    if (!this.stream.writableEnded) this.stream.end(this.filter.rest());
  }
}

function after(ms: number, signal: AbortSignal): Promise<'late'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('late'), ms);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}

/** A web socket tells what went wrong in an event. */
function causeOf(event: unknown): unknown {
  return (event as { error?: unknown } | undefined)?.error ?? event;
}
