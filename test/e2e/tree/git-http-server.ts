import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ByteReader } from '../../../server/tree/byte-reader.ts';

export interface GitHttpServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** Paths asked so far. */
  readonly asked: readonly string[];
}

/**
 * A real git server over HTTP: git's own http-backend as a CGI program.
 * @param root folder that holds the repositories
 * @param first may answer a request itself, by returning true
 */
export async function startGitHttpServer(
  root: string,
  first: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): Promise<GitHttpServer> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (first(request, response)) return;
    runBackend(root, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function runBackend(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const backend = spawn('git', ['-c', 'safe.directory=*', 'http-backend'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: '/usr/bin:/bin',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: request.method ?? 'GET',
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      CONTENT_LENGTH: request.headers['content-length'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: [request.headers['git-protocol']].flat()[0] ?? '',
    },
  });
  backend.stdin.on('error', () => undefined);
  request.pipe(backend.stdin);
  const reader = new ByteReader(backend.stdout);
  for (let line = await reader.line(); line !== undefined && line.trim() !== ''; line = await reader.line()) {
    const [name = '', value = ''] = line.trim().split(': ');
    if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  for (;;) {
    const bytes = await reader.some(65_536).catch(() => undefined);
    if (bytes === undefined) break;
    if (!response.write(bytes)) await once(response, 'drain');
  }
  response.end();
}
