import { randomUUID } from 'node:crypto';
import { performServerHandshake } from 'node:http2';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { EngineUnreachable } from '../client.ts';
import type { Engine } from './engine.ts';
import { following } from '../../build/session/file-source.ts';
import type { FileSource } from '../../build/session/file-source.ts';
import { frame } from '../../build/session/grpc-frames.ts';
import { sendFiles } from '../../build/session/send-files.ts';

const DIFF_COPY = '/moby.filesync.v1.FileSync/DiffCopy';
const HEALTH = '/grpc.health.v1.Health/Check';
/** HealthCheckResponse { status: SERVING } */
const SERVING = Buffer.from([8, 1]);
const UNIMPLEMENTED = '12';

export interface Session {
  readonly id: string;
  close(): void;
}

/**
 * A BuildKit session: the engine calls back over this connection for the folders `dockerfile` and `context`, and
 * takes only what it lacks. An uploaded tar would put our generated Dockerfile into every `COPY . .`.
 * @param sharedKey names the kept copy of the folders that the engine compares with
 * @throws when the engine cannot be reached
 */
export async function openSession(
  engine: Engine,
  sharedKey: string,
  folders: Readonly<Record<'dockerfile' | 'context', FileSource>>,
): Promise<Session> {
  const id = randomUUID();
  const socket = await engine.upgrade('/session', {
    'X-Docker-Expose-Session-Uuid': id,
    'X-Docker-Expose-Session-Name': 'sluice',
    'X-Docker-Expose-Session-Sharedkey': sharedKey,
    'X-Docker-Expose-Session-Grpc-Method': [DIFF_COPY, HEALTH],
  });
  if (socket.destroyed) throw new EngineUnreachable('it closed the connection of the build');
  const session = performServerHandshake(socket);
  // Node hands the session a tick later what the socket has read by now. Were the session gone then, as that of a build which
  // is cancelled at once, that would throw where nobody can catch it (seen in Node 26).
  const close = (): void => {
    setImmediate(() => {
      session.destroy();
      socket.destroy();
    });
  };
  // Both break when the engine goes away or is done; the answer of the build request says which.
  socket.on('error', close);
  session.on('error', close);
  session.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => stream.destroy());
    answer(stream, headers, folders).catch(() => stream.destroy());
  });
  return { id, close };
}

async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  folders: Readonly<Record<string, FileSource>>,
): Promise<void> {
  const path = headers[':path'];
  const source = folders[String(headers['dir-name'])];
  if (path === HEALTH) {
    respond(stream);
    stream.resume();
    stream.end(frame(SERVING));
  } else if (path === DIFF_COPY && source !== undefined) {
    respond(stream);
    const paths = headers['followpaths'];
    await sendFiles(stream, source, following(source, typeof paths === 'string' ? paths.split(', ') : []));
    stream.end();
  } else {
    stream.resume();
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': UNIMPLEMENTED },
      { endStream: true },
    );
  }
}

function respond(stream: ServerHttp2Stream): void {
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
}
