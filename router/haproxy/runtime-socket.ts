import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** The connection to HAProxy ended before the answer came: it died, or it hangs. */
export class HaproxyLost extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HaproxyLost';
  }
}

/** HAProxy ends every answer with an empty line and its prompt. */
const PROMPT = '\n> ';

interface Waiting {
  readonly command: string;
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One held-open connection to HAProxy's runtime API. That it is open is also how the router knows, at once, that
 * HAProxy died; and a process that was replaced by a reload answers on it until it is closed, which is how its last
 * requests are counted.
 */
export class RuntimeSocket {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  readonly #answerTimeout: number;
  #received = '';
  /** The last characters received: a prompt may come in two parts. */
  #seam = '';
  /** Resolves when the connection is gone, for whatever reason. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket, answerTimeout: number) {
    this.#socket = socket;
    this.#answerTimeout = answerTimeout;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    socket.setEncoding('latin1');
    // Once: a listener a command would pile up for as long as the router lives.
    socket.on('timeout', () => socket.destroy(new Error(`no answer within ${String(answerTimeout)} ms`)));
    socket.on('data', (text: string) => {
      this.#take(text);
    });
    socket.on('error', (error) => {
      this.#fail(error);
    });
    socket.on('close', () => {
      this.#fail();
      resolve();
    });
  }

  /**
   * @param answerTimeout milliseconds after which HAProxy counts as hanging
   * @throws HaproxyLost when nothing listens there
   */
  static async open(path: string, answerTimeout: number): Promise<RuntimeSocket> {
    const socket = connect(path);
    const opened = Promise.withResolvers<void>();
    socket.once('connect', () => {
      opened.resolve();
    });
    socket.once('error', (error) => {
      opened.reject(new HaproxyLost(`HAProxy's socket ${path} does not answer`, { cause: error }));
    });
    await opened.promise;
    const runtime = new RuntimeSocket(socket, answerTimeout);
    await runtime.send('prompt');
    return runtime;
  }

  /**
   * Sends one command and gives its answer, without the empty lines around it. Commands may be sent without waiting
   * for the ones before; HAProxy carries them out in order.
   * @throws HaproxyLost when the connection ends first or no answer comes in time
   */
  async send(command: string): Promise<string> {
    if (this.#socket.destroyed) throw new HaproxyLost('the connection to HAProxy is closed');
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#waiting.push({ command, resolve, reject });
    this.#socket.setTimeout(this.#answerTimeout);
    this.#socket.write(`${command}\n`);
    return promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#received += text;
    const ends = (this.#seam + text).includes(PROMPT);
    this.#seam = (this.#seam + text).slice(1 - PROMPT.length);
    // Long answers come in many parts; all that was received is searched only when there is something to find.
    if (!ends) return;
    for (let end = this.#received.indexOf(PROMPT); end !== -1; end = this.#received.indexOf(PROMPT)) {
      const answer = this.#received.slice(0, end).trim();
      this.#received = this.#received.slice(end + PROMPT.length);
      this.#waiting.shift()?.resolve(answer);
    }
    if (this.#waiting.length === 0) this.#socket.setTimeout(0);
  }

  #fail(cause?: Error): void {
    for (const { command, reject } of this.#waiting.splice(0)) {
      const name = command.split(' ').slice(0, 2).join(' ');
      reject(new HaproxyLost(`HAProxy went away during "${name}"`, cause === undefined ? {} : { cause }));
    }
  }
}
