import type { Duplex } from 'node:stream';
import {
  ClientFrame,
  encodeFrame,
  type Frame,
  FrameDecoder,
  FrameError,
  ServerFrame,
} from '../../../core/run-frames.ts';
import { decodeJson, RunResize, RunSignal } from '../../../core/run-messages.ts';
import type { OneOff } from '../../../engines/port.ts';

/** Input that a command has not read yet, in bytes: beyond it, nothing more is taken from the client. */
const STDIN_BYTES = 1024 * 1024;
/** While nothing is read, a client that left is only noticed by writing to it. */
const PROBE_MS = 10_000;

/**
 * Does what the client's frames say, as they come.
 * @param broken is told the error after which nothing from this client can be understood
 */
export function takeClientFrames(socket: Duplex, oneOff: OneOff, broken: (error: unknown) => void): void {
  const decoder = new FrameDecoder();
  const stdin = oneOff.stream;
  // A command that ends while input is on its way is nothing unusual; `exit` says how it ended.
  stdin.on('error', ignoreLateInput);
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const frame of decoder.push(chunk)) obey(frame, oneOff, broken);
    } catch (error) {
      socket.removeAllListeners('data');
      broken(error);
    }
    if (stdin.writableLength > STDIN_BYTES) waitForRoom(socket, stdin);
  });
}

function obey(frame: Frame, oneOff: OneOff, broken: (error: unknown) => void): void {
  const { stream } = oneOff;
  switch (frame.type) {
    case ClientFrame.stdin:
      if (stream.writable) stream.write(frame.payload);
      return;
    case ClientFrame.stdinEnd:
      if (stream.writable) stream.end();
      return;
    case ClientFrame.resize: {
      const { columns, rows } = decodeJson(RunResize, frame);
      // Too late when the command has just ended.
      oneOff.resize(columns, rows).catch(ignoreLateInput);
      return;
    }
    case ClientFrame.signal:
      // With a terminal a signal is a byte of its input; without one, all that can be done is to end the command.
      decodeJson(RunSignal, frame);
      oneOff.kill().catch(broken);
      return;
    default:
      throw new FrameError(`a frame of the unknown type ${frame.type}`);
  }
}

function waitForRoom(socket: Duplex, stdin: Duplex): void {
  socket.pause();
  const probe = setInterval(() => socket.write(encodeFrame(ServerFrame.stdout)), PROBE_MS);
  const goOn = (): void => {
    clearInterval(probe);
    stdin.off('drain', goOn).off('close', goOn);
    socket.off('close', goOn);
    socket.resume();
  };
  stdin.on('drain', goOn).on('close', goOn);
  socket.on('close', goOn);
}

function ignoreLateInput(): void {
  // See the callers.
}
