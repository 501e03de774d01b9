import { tinyApp } from './tiny-app.ts';

/** How a version of the app below behaves. */
export interface Version {
  readonly page: string;
  /** One of so many requests is answered with 500; 0: none. */
  readonly failsOneIn?: number;
  /** Milliseconds until each answer. */
  readonly waits?: number;
}

/** Steps that take seconds, not minutes; how slow a busy machine is decides nothing. */
export const QUICK =
  'canary: {steps: [10, 50], bake: 3s, min_requests: 20, max_wait: 60s, max_latency_ratio: 50, keep: 0s}';

/** A web app in Node whose versions can be told apart, and can be bad; its health page is always well. */
export function canaryApp(version: Version, canary = QUICK, more = ''): Record<string, string> {
  const { page, failsOneIn = 0, waits = 0 } = version;
  return tinyApp(page, {
    Dockerfile: 'FROM node:26-slim\nUSER 1000\nEXPOSE 8080\nCOPY app.js /app.js\nCMD ["node", "/app.js"]\n',
    'app.js': `const { createServer } = require('node:http');
let asked = 0;
const server = createServer((request, response) => {
  if (request.url === '/health') return response.end('well');
  asked += 1;
  const fails = ${failsOneIn} > 0 && asked % ${Math.max(1, failsOneIn)} === 0;
  setTimeout(() => {
    response.statusCode = fails ? 500 : 200;
    response.end(fails ? 'sorry' : '${page} ' + process.env.SLUICE_RELEASE);
  }, ${waits});
});
server.keepAliveTimeout = 60000;
server.listen(process.env.PORT);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`,
    'sluice.yaml': `web: {health: {path: /health}, grace: 2s}\n${canary}\n${more}`,
  });
}
