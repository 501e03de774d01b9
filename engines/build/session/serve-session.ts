import { performServerHandshake } from 'node:http2';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { answerContent, CONTENT_METHODS } from './content-service.ts';
import type { ContentStores } from './content-service.ts';
import { following } from './file-source.ts';
import type { FileSource } from './file-source.ts';
import { frame, messages } from './grpc-frames.ts';
import { answerSecret, GET_SECRET } from './secret-service.ts';
import type { SecretSource } from './secret-service.ts';
import { sendFiles } from './send-files.ts';
import { WireReader } from './wire.ts';

const DIFF_COPY = '/moby.filesync.v1.FileSync/DiffCopy';
const RECEIVE = '/moby.filesync.v1.FileSend/DiffCopy';
const HEALTH = '/grpc.health.v1.Health/Check';
/** HealthCheckResponse { status: SERVING } */
const SERVING = Buffer.from([8, 1]);
const UNIMPLEMENTED = '12';

/** What BuildKit may ask its client for during a solve. */
export interface SessionServices {
  readonly folders: Readonly<Record<'dockerfile' | 'context', FileSource>>;
  /** Takes the bytes that an exporter sends. */
  readonly receive?: (bytes: Buffer) => void;
  /** Blobs of images, both ways. */
  readonly content?: ContentStores;
  readonly secrets?: SecretSource;
}

/**
 * The headers by which a session introduces itself.
 * @param sharedKey names the kept copy of the folders that the engine compares with
 */
export function sessionHeaders(
  id: string,
  sharedKey: string,
  services: SessionServices,
): Record<string, string | readonly string[]> {
  return {
    'X-Docker-Expose-Session-Uuid': id,
    'X-Docker-Expose-Session-Name': 'sluice',
    'X-Docker-Expose-Session-Sharedkey': sharedKey,
    'X-Docker-Expose-Session-Grpc-Method': [
      DIFF_COPY,
      HEALTH,
      ...(services.receive === undefined ? [] : [RECEIVE]),
      ...(services.content === undefined ? [] : CONTENT_METHODS),
      ...(services.secrets === undefined ? [] : [GET_SECRET]),
    ],
  };
}

/**
 * BuildKit calls back over this connection for the folders `dockerfile` and `context`, and takes only what it lacks. An
 * uploaded tar would put our generated Dockerfile into every `COPY . .`.
 */
export function serveSession(socket: Duplex, services: SessionServices): { close: () => void } {
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
    answer(stream, headers, services).catch(() => stream.destroy());
  });
  return { close };
}

async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { folders, receive, content, secrets }: SessionServices,
): Promise<void> {
  const path = headers[':path'];
  const source = (folders as Readonly<Record<string, FileSource>>)[String(headers['dir-name'])];
  if (path === HEALTH) {
    respond(stream);
    stream.resume();
    stream.end(frame(SERVING));
  } else if (path === DIFF_COPY && source !== undefined) {
    respond(stream);
    const paths = headers['followpaths'];
    await sendFiles(stream, source, following(source, typeof paths === 'string' ? paths.split(', ') : []));
    stream.end();
  } else if (path === RECEIVE && receive !== undefined) {
    respond(stream);
    for await (const message of messages(stream.iterator({ destroyOnReturn: false })))
      receive(firstBytes(message));
    stream.end();
  } else if (path === GET_SECRET && secrets !== undefined) {
    await answerSecret(stream, secrets);
  } else if (content === undefined || !(await answerContent(stream, headers, content))) {
    stream.resume();
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': UNIMPLEMENTED },
      { endStream: true },
    );
  }
}

/** The first field of a message that has only one. */
function firstBytes(message: Buffer): Buffer {
  const reader = new WireReader(message);
  return reader.next() ? reader.bytes() : Buffer.alloc(0);
}

function respond(stream: ServerHttp2Stream): void {
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
}
