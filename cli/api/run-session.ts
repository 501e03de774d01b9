import type { Duplex } from 'node:stream';
import {
  ClientFrame,
  FrameDecoder,
  FrameError,
  MAX_RUN_HEADER_BYTES,
  RUN_HEADER,
  RUN_UPGRADE,
  ServerFrame,
  encodeFrame,
  encodeFrames,
  encodeJsonFrame,
  encodeRunHeader,
} from '../../core/run-frames.ts';
import type { RunExit, RunResize, RunSignal } from '../../core/run-messages.ts';
import { Exit, Failure, misuse, unreached } from '../failure.ts';
import { write } from '../terminal.ts';
import type { Api } from './client.ts';
import type { RunBody } from './generated.ts';
import { isObject, parseJson, reasonOf } from './problem.ts';

export interface RunOutput {
  stdout(bytes: Buffer): Promise<void>;
  stderr(bytes: Buffer): Promise<void>;
}

/** One command in a container of the app: docs/development/run-protocol.md, the client's side. */
export class RunSession {
  readonly #socket: Duplex;
  readonly #head: Buffer;

  private constructor(socket: Duplex, head: Buffer) {
    this.#socket = socket;
    this.#head = head;
    // A line that broke shows as an end of the frames, which tells the reader all that it can know.
    socket.on('error', () => undefined);
  }

  static async start(api: Api, app: string, command: RunBody): Promise<RunSession> {
    const header = encodeRunHeader(command);
    if (header.length > MAX_RUN_HEADER_BYTES) {
      throw misuse('the command is too long', 'Send long input by stdin: sluice run sh < script.sh');
    }
    const { socket, head } = await api.upgrade('run', { params: { app } }, RUN_UPGRADE, {
      [RUN_HEADER]: header,
    });
    return new RunSession(socket, head);
  }

  /** Sends stdin until it ends. Waits while the other side is slow. */
  async sendInput(input: AsyncIterable<Buffer | string>): Promise<void> {
    for await (const chunk of input) {
      for (const frame of encodeFrames(ClientFrame.stdin, Buffer.from(chunk))) await this.#send(frame);
    }
    await this.#send(encodeFrame(ClientFrame.stdinEnd));
  }

  async resize(size: RunResize): Promise<void> {
    await this.#send(encodeJsonFrame(ClientFrame.resize, size));
  }

  async signal(signal: RunSignal['signal']): Promise<void> {
    await this.#send(encodeJsonFrame(ClientFrame.signal, { signal }));
  }

  /** Copies the command's output until it ends. @throws Failure for an error frame or a lost connection */
  async finish(output: RunOutput): Promise<RunExit> {
    const decoder = new FrameDecoder();
    const chunks = this.#socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    let chunk: Buffer | undefined = this.#head;
    try {
      while (chunk !== undefined) {
        for (const { type, payload } of decoder.push(chunk)) {
          if (type === ServerFrame.stdout) await output.stdout(payload);
          else if (type === ServerFrame.stderr) await output.stderr(payload);
          else if (type === ServerFrame.exit) return exitOf(payload);
          else if (type === ServerFrame.error) {
            throw errorOf(payload);
          }
        }
        chunk = await chunks.next().then(
          ({ value, done }) => (done === true ? undefined : value),
          () => undefined,
        );
      }
    } finally {
      this.#socket.destroy();
    }
    throw unreached(
      'the connection ended before the command did',
      'The platform stops a command whose line is lost. See: sluice ps',
    );
  }

  async #send(frame: Buffer): Promise<void> {
    // After the command's end there is nobody to send to, and nothing is lost.
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    await write(this.#socket, frame).catch(() => undefined);
  }
}

/** @throws FrameError when the platform's last frame is none that ends a command */
function exitOf(payload: Buffer): RunExit {
  const exit = parseJson(payload.toString());
  if (!isObject(exit) || typeof exit['code'] !== 'number') throw broken();
  return { code: exit['code'], oomKilled: exit['oomKilled'] === true };
}

function errorOf(payload: Buffer): Failure | FrameError {
  const reason = reasonOf(parseJson(payload.toString()));
  return reason === undefined ? broken() : new Failure(Exit.failed, reason);
}

function broken(): FrameError {
  return new FrameError('the frame that ends the command holds something else than it should');
}
