import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';

/** Answers `/readyz` with 200 or 503, and `/healthz` with 200, on all addresses. */
export async function serveReadiness(port: number, isReady: () => boolean): Promise<Server> {
  const server = createServer((request, response) => {
    const ok = request.url === '/healthz' || (request.url === '/readyz' && isReady());
    response.writeHead(ok ? 200 : 503, { connection: 'close' });
    response.end();
  });
  server.listen(port);
  await once(server, 'listening');
  return server;
}
