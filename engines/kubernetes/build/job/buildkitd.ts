import { randomUUID } from 'node:crypto';
import { connect } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { connect as dial } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { decodeTrace } from '../../../build/log/trace.ts';
import type { Trace } from '../../../build/log/trace.ts';
import { frame } from '../../../build/session/grpc-frames.ts';
import { serveSession, sessionHeaders } from '../../../build/session/serve-session.ts';
import type { SessionServices } from '../../../build/session/serve-session.ts';
import { bytesField, numberField, WireReader } from '../../../build/session/wire.ts';
import { grpcCall, GrpcRefused, unary } from './grpc-call.ts';

const CONTROL = '/moby.buildkit.v1.Control';
/** Milliseconds between two looks whether the sidecar listens. */
const LOOK_MS = 25;
/** Milliseconds that a solve has to end once it is cancelled. */
const STOP_MS = 2_000;
/** An error comes in the headers, with the Dockerfile in its details. */
const MOST_HEADERS = 16 * 1024 * 1024;

export interface Exporter {
  readonly type: 'image' | 'oci' | 'tar';
  readonly attributes: Readonly<Record<string, string>>;
}

export interface DockerfileSolve {
  readonly services: SessionServices;
  readonly sharedKey: string;
  /** Attributes of the Dockerfile frontend. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly exporter: Exporter;
}

export type Exported =
  | { readonly exported: Readonly<Record<string, string>> }
  | { readonly error: string }
  | { readonly stopped: true };

/** buildkitd in the same pod. https://github.com/moby/buildkit, api/services/control/control.proto */
export class Buildkitd {
  private readonly connection: ClientHttp2Session;

  private constructor(connection: ClientHttp2Session) {
    this.connection = connection;
    // Each call hears of it.
    connection.on('error', () => undefined);
  }

  /**
   * Waits until it answers.
   * @throws the signal's reason once it is aborted
   */
  static async connect(socketPath: string, signal: AbortSignal): Promise<Buildkitd> {
    for (;;) {
      signal.throwIfAborted();
      if (await listens(socketPath)) {
        const settings = { maxHeaderListSize: MOST_HEADERS };
        const connection = connect('http://buildkitd', {
          createConnection: () => dial(socketPath),
          settings,
        });
        const found = new Buildkitd(connection);
        const answered = unary(grpcCall(connection, `${CONTROL}/Info`), Buffer.alloc(0));
        if (await answered.then(yes, no)) return found;
        found.close();
      }
      await pause(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /**
   * @param output is awaited before more is read
   * @throws when buildkitd goes away, and what `output` throws
   */
  async solve(
    request: DockerfileSolve,
    signal: AbortSignal,
    output: (traces: readonly Trace[]) => Promise<void>,
  ): Promise<Exported> {
    if (signal.aborted) return { stopped: true };
    const [ref, session] = [randomUUID(), randomUUID()];
    const headers = sessionHeaders(session, request.sharedKey, request.services);
    const tunnelled = grpcCall(this.connection, `${CONTROL}/Session`, lowerCase(headers));
    const { tunnel } = await import('./session-tunnel.ts');
    const served = serveSession(tunnel(tunnelled.stream), request.services);
    const solve = grpcCall(this.connection, `${CONTROL}/Solve`);
    const status = grpcCall(this.connection, `${CONTROL}/Status`);
    const stop = (): void => solve.cancel();
    signal.addEventListener('abort', stop);
    try {
      const result = unary(solve, solveRequest(ref, session, request));
      status.stream.end(frame(bytesField(1, Buffer.from(ref))));
      const told = (async () => {
        for await (const message of status.answers()) {
          if (!signal.aborted) await output([decodeTrace(message)]);
        }
      })();
      // When its own words break, the solve says why; when ours do, nobody is there to hear the rest.
      const heard = told.catch((error: unknown) => {
        if (!(error instanceof GrpcRefused)) solve.cancel();
        throw error;
      });
      const both = Promise.allSettled([result, heard]);
      const settled = await Promise.race([both, patienceWith(signal)]);
      if (signal.aborted || settled === undefined) return { stopped: true };
      const [solved, said] = settled;
      if (solved.status === 'fulfilled') {
        if (said.status === 'rejected') throw said.reason;
        return { exported: stringMap(solved.value) };
      }
      if (solved.reason instanceof GrpcRefused) return { error: solved.reason.message };
      throw said.status === 'rejected' && !(said.reason instanceof GrpcRefused) ? said.reason : solved.reason;
    } finally {
      signal.removeEventListener('abort', stop);
      served.close();
    }
  }

  /**
   * Lets cache go, longest unused first, until so much of it is left. buildkitd does so by itself only when it has run for a
   * minute.
   * @param bytes above 0
   */
  async prune(bytes: number): Promise<void> {
    // PruneRequest { all = 2; maxUsedSpace = 5 }
    const request = Buffer.concat([numberField(2, 1), numberField(5, bytes)]);
    await unary(grpcCall(this.connection, `${CONTROL}/Prune`), request);
  }

  close(): void {
    this.connection.destroy();
  }
}

/**
 * Resolves some time after the signal. Without a process namespace of its own a step's children outlive the step that is
 * killed, and BuildKit waits for them for ever; they end with the pod.
 */
function patienceWith(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => setTimeout(() => resolve(undefined), STOP_MS).unref());
  });
}

function listens(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(socketPath);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

const yes = (): boolean => true;
const no = (): boolean => false;

function solveRequest(ref: string, session: string, { attributes, exporter }: DockerfileSolve): Buffer {
  const exporterMessage = Buffer.concat([
    bytesField(1, Buffer.from(exporter.type)),
    mapField(2, exporter.attributes),
  ]);
  return Buffer.concat([
    bytesField(1, Buffer.from(ref)),
    bytesField(5, Buffer.from(session)),
    bytesField(6, Buffer.from('dockerfile.v0')),
    mapField(7, attributes),
    bytesField(13, exporterMessage),
  ]);
}

function mapField(field: number, map: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(map).map(([key, value]) =>
    bytesField(field, Buffer.concat([bytesField(1, Buffer.from(key)), bytesField(2, Buffer.from(value))])),
  );
  return Buffer.concat(entries);
}

/** Field 1 of the message as a map. */
function stringMap(message: Buffer): Record<string, string> {
  const map: Record<string, string> = {};
  const reader = new WireReader(message);
  while (reader.next()) {
    if (reader.field !== 1) {
      reader.skip();
      continue;
    }
    const entry = new WireReader(reader.bytes());
    let [key, value] = ['', ''];
    while (entry.next()) {
      if (entry.field === 1) key = entry.bytes().toString('utf8');
      else if (entry.field === 2) value = entry.bytes().toString('utf8');
      else entry.skip();
    }
    map[key] = value;
  }
  return map;
}

function lowerCase(
  headers: Readonly<Record<string, string | readonly string[]>>,
): Record<string, string | readonly string[]> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
