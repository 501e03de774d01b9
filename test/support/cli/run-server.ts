import type { Duplex } from 'node:stream';
import {
  ClientFrame,
  FrameDecoder,
  ServerFrame,
  encodeFrames,
  encodeJsonFrame,
  type Frame,
} from '../../../core/run-frames.ts';

/** The server's side of one run, for tests to answer as a command would. */
export class RunServer {
  readonly frames: Frame[] = [];
  readonly #socket: Duplex;

  private constructor(socket: Duplex) {
    this.#socket = socket;
  }

  static on(socket: Duplex, onFrame: (frame: Frame, server: RunServer) => void = () => undefined): RunServer {
    const server = new RunServer(socket);
    const decoder = new FrameDecoder();
    socket.on('data', (chunk: Buffer) => {
      for (const frame of decoder.push(chunk)) {
        server.frames.push(frame);
        onFrame(frame, server);
      }
    });
    return server;
  }

  stdout(bytes: Uint8Array | string): void {
    for (const frame of encodeFrames(ServerFrame.stdout, Buffer.from(bytes))) this.#socket.write(frame);
  }

  stderr(text: string): void {
    for (const frame of encodeFrames(ServerFrame.stderr, Buffer.from(text))) this.#socket.write(frame);
  }

  exit(code: number, oomKilled = false): void {
    this.#socket.end(encodeJsonFrame(ServerFrame.exit, { code, oomKilled }));
  }

  error(reason: unknown): void {
    this.#socket.end(encodeJsonFrame(ServerFrame.error, reason));
  }

  drop(): void {
    this.#socket.destroy();
  }
}

/** `cat`: stdin to stdout, 0 at its end. */
export function cat(socket: Duplex): void {
  RunServer.on(socket, ({ type, payload }, server) => {
    if (type === ClientFrame.stdin) server.stdout(payload);
    if (type === ClientFrame.stdinEnd) server.exit(0);
  });
}
