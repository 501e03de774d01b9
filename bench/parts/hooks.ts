import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';
import type { HookWithSecret } from '../../core/contracts/resources.ts';
import { Platform } from '../../test/support/platform.ts';
import { freePort } from '../../test/support/ports.ts';
import { report } from '../report.ts';

const RATE = 100;
const SECONDS = 20;
/** Its test always fails, so that what is asked for again is built again. */
const APP = { Dockerfile: 'FROM busybox:1 AS test\nRUN false\nFROM busybox:1\n' };
/** About as much as a push of some commits has. */
const COMMITS = Array.from({ length: 12 }, (_, number) => ({
  id: String(number).repeat(40).slice(0, 40),
  message: 'Sell tea, too. '.repeat(40),
  modified: Array.from({ length: 20 }, (_unused, file) => `src/shop/part-${file}.ts`),
}));

/** Signed pushes at a fixed rate, whatever the answers do: half of a branch that is built, half of another. */
export async function hooks(): Promise<void> {
  report.title(`web hooks, ${RATE} a second for ${SECONDS} s, each signed and about 15 KB`);
  const port = await freePort();
  const platform = await Platform.start({ SLUICE_HOOKS_PORT: String(port) });
  try {
    await platform.sluiceOk(['apps:create', 'bench']);
    const path = await platform.repository('bench', APP);
    const { code } = await platform.git(path, ['push', '-q', 'platform', 'main']);
    if (code === 0) throw new Error('a build whose tests fail has succeeded');
    const commit = (await platform.git(path, ['rev-parse', 'HEAD'])).output.trim();
    const made = await platform.sluiceOk(['hooks:create', '--from', 'github', '--json', '-a', 'bench']);
    const hook = JSON.parse(made) as HookWithSecret;
    const target = { port, path: new URL(hook.url, 'http://here').pathname, secret: hook.secret };
    await load(target, commit, RATE);
    const taken = await load(target, commit, RATE * SECONDS);
    report.values('answer, all', taken, 'ms');
    report.values('answer, 99th percentile', [percentile(taken, 0.99)], 'ms');
    report.goal('< 1,000 ms at the 99th percentile');
  } finally {
    await platform.stop();
  }
}

async function load(
  target: { readonly port: number; readonly path: string; readonly secret: string },
  commit: string,
  count: number,
): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const began = performance.now();
  const open: Promise<number>[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setInterval(() => {
    // Open loop: what should have been sent by now is sent now, however late the timer is.
    const due = Math.min(count, Math.floor(((performance.now() - began) * RATE) / 1_000));
    while (open.length < due) open.push(send(target, commit, open.length, agent));
    if (open.length === count) resolve();
  }, 5);
  await promise;
  clearInterval(timer);
  const taken = await Promise.all(open);
  agent.destroy();
  return taken;
}

/** @returns milliseconds to the whole answer. @throws for any other than that it was taken */
async function send(
  { port, path, secret }: { readonly port: number; readonly path: string; readonly secret: string },
  commit: string,
  number: number,
  agent: Agent,
): Promise<number> {
  const ref = number % 2 === 0 ? 'refs/heads/main' : 'refs/heads/other';
  const body = JSON.stringify({
    ref,
    after: commit,
    commits: COMMITS,
    sent: `${performance.timeOrigin + performance.now()}-${number}`,
  });
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'x-github-event': 'push',
    'x-hub-signature-256': `sha256=${signature}`,
  };
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent }, (answer) => {
      answer.resume().on('end', () => {
        const status = answer.statusCode ?? 0;
        if (status === 200 || status === 202) resolve(performance.now() - began);
        else reject(new Error(`a hook was answered ${status}`));
      });
    });
    asked.on('error', reject).end(body);
  });
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
