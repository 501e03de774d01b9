import type { Duplex } from 'node:stream';
import type { z } from 'zod';
import type { RunCommand } from '../../core/contracts/resources.ts';
import { Reason } from '../../core/reason.ts';
import {
  ClientFrame,
  FrameDecoder,
  MAX_RUN_HEADER_BYTES,
  RUN_HEADER,
  RUN_UPGRADE,
  RunExit,
  ServerFrame,
  decodeJson,
  encodeFrame,
  encodeFrames,
  encodeJsonFrame,
  encodeRunHeader,
  type RunResize,
  type RunSignal,
} from '../../core/run-frames.ts';
import { Exit, Failure, misuse, unreached } from '../failure.ts';
import { write } from '../terminal.ts';
import type { Api } from './client.ts';

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

  static async start(api: Api, app: string, command: z.input<typeof RunCommand>): Promise<RunSession> {
    const header = encodeRunHeader(command);
    if (header.length > MAX_RUN_HEADER_BYTES) {
      throw misuse('the command is too long', 'Send long input by stdin: sluice run sh < script.sh');
    }
    const { socket, head } = await api.upgrade('run', { params: { app }, body: command }, RUN_UPGRADE, {
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
          else if (type === ServerFrame.exit) return decodeJson(RunExit, { type, payload });
          else if (type === ServerFrame.error) {
            throw new Failure(Exit.failed, decodeJson(Reason, { type, payload }));
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
