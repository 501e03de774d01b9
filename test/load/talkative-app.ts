import { randomUUID } from 'node:crypto';

/** Characters of a line: at 10,000 lines a second, what is kept of half a minute in memory cannot be overlooked. */
const WIDTH = 400;

/** `say(lines, rate)` prints numbered lines at an even pace, however late its timer is. */
const SAY = `export async function say(lines, rate) {
  const began = performance.now();
  for (let said = 0; said < lines; ) {
    const due = Math.min(lines, Math.floor(((performance.now() - began) * rate) / 1000));
    let text = '';
    while (said < due) text += ('line ' + ++said + ' of ' + lines + ' ').padEnd(${WIDTH}, '.') + '\\n';
    if (text !== '' && !process.stdout.write(text)) await new Promise((go) => process.stdout.once('drain', go));
    await new Promise((go) => setTimeout(go, 10));
  }
  console.log('said ' + lines + ' lines in ' + ((performance.now() - began) / 1000).toFixed(1) + ' s');
}
`;

const SERVE = `import { createServer } from 'node:http';
import { say } from './say.mjs';
let times = 0;
createServer((request, response) => {
  const [, lines, rate] = /^\\/say\\/(\\d+)\\/(\\d+)$/.exec(request.url) ?? [];
  if (request.url === '/hello') console.log('hello');
  if (lines !== undefined) void say(Number(lines), Number(rate)).then(() => ++times);
  response.end(times + '\\n');
}).listen(8080);
`;

/**
 * Its test prints lines; when it runs, so does each `GET /say/LINES/RATE`, and `GET /hello` prints one. It answers how often
 * it has said all of them.
 */
export function talkativeApp(lines: number, rate: number): Record<string, string> {
  return {
    Dockerfile: `FROM node:26-slim AS base
COPY . /app
FROM base AS test
RUN node --input-type=module -e "import { say } from '/app/say.mjs'; await say(${lines}, ${rate})"
FROM base
USER 1000
EXPOSE 8080
CMD ["node", "/app/serve.mjs"]
`,
    nonce: randomUUID(),
    'say.mjs': SAY,
    'serve.mjs': SERVE,
    'sluice.yaml': 'canary: off\n',
  };
}
