import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { isFake } from '../../support/answers/tap.ts';
import { type Ran, must, run } from '../../support/command.ts';
import { Platform } from '../../support/platform.ts';
import { freePort } from '../../support/ports.ts';
import { tinyApp } from '../../support/tiny-app.ts';
import { type GitHttpServer, startGitHttpServer } from '../tree/git-http-server.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', '..', 'examples', 'ci');

let platform: Platform;
let host: GitHttpServer;
/** Served by the host. */
let served: string;
let apiPort: number;

beforeAll(async () => {
  served = await mkdtemp(join(tmpdir(), 'sl-served-'));
  host = await startGitHttpServer(served);
  apiPort = await freePort();
  platform = await Platform.start({ SLUICE_API_PORT: String(apiPort), SLUICE_PRIVATE_HOSTS: host.origin });
});
afterAll(async () => {
  await platform?.stop();
  await host?.[Symbol.asyncDispose]();
  await rm(served, { recursive: true, force: true });
});

/** The API behind a proxy that is away the first time that each request comes; ends with the test. */
async function behindProxy(): Promise<{ port: number; turnedAway: () => number }> {
  const seen = new Set<string>();
  const proxy = createServer((request, response) => {
    const { method, url = '', headers } = request;
    if (seen.size < seen.add(`${method} ${url}`).size) {
      request.resume();
      response.writeHead(503, { 'content-type': 'application/json' }).end('{"number": 999, "ended": true}');
      return;
    }
    const passed = httpRequest({ port: apiPort, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    // Whoever asked sees that there is no answer.
    passed.on('error', () => response.destroy());
    request.pipe(passed);
  });
  isFake(proxy);
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(async () => {
    proxy.closeAllConnections();
    await promisify(proxy.close.bind(proxy))();
  });
  return { port: (proxy.address() as AddressInfo).port, turnedAway: () => seen.size };
}

/** The script of a job, as the examples have it. */
async function script(file: 'github-actions.yml' | 'gitlab-ci.yml', job: 'push' | 'api'): Promise<string> {
  const document = parse(await readFile(join(EXAMPLES, file), 'utf8')) as {
    jobs?: Record<string, { steps: { run?: string }[] }>;
  } & Record<string, { script: string[] }>;
  const steps =
    document.jobs === undefined
      ? document[job]?.script
      : document.jobs[job]?.steps.flatMap((step) => step.run ?? []);
  return steps?.join('\n') ?? '';
}

/** A token of alice, as the journal has it. */
async function tokenOfAlice(): Promise<string> {
  const made = await platform.sluiceOk([
    'tokens:create',
    '--name',
    `ci-${randomBytes(4).toString('hex')}`,
    '--json',
  ]);
  return (JSON.parse(made) as { token: string }).token;
}

async function knownHosts(): Promise<string> {
  return (await readFile(join(platform.folder, 'known_hosts'), 'utf8')).trim();
}

/** An app, and a clone of it as a pipeline has one. */
async function begin(app: string): Promise<string> {
  await platform.sluiceOk(['apps:create', app]);
  return platform.repository(app, tinyApp('one'));
}

async function pipeline(shell: string[], text: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  const [program = '', ...args] = shell;
  // Nothing of the person's own settings, as on a runner.
  const own = { PATH: process.env['PATH'], HOME: platform.folder, GIT_CONFIG_NOSYSTEM: '1' };
  return run(program, [...args, '-c', text], { cwd, env: { ...own, ...env } });
}

describe.each([
  ['github-actions.yml', ['bash', '-e']],
  ['gitlab-ci.yml', ['sh', '-e']],
] as const)('%s', (file, shell) => {
  const name = file.slice(0, 6);
  const isGitHub = file === 'github-actions.yml';

  test('pushes by a deploy key, waits, and ends as the push does', async () => {
    const app = `push-${name}`;
    const path = await begin(app);
    const text = await script(file, 'push');
    const key = await readFile(platform.key('alice'), 'utf8');
    const keyFile = join(platform.folder, `${app}.key`);
    await writeFile(keyFile, key.trimEnd(), { mode: 0o600 });
    const env = {
      SLUICE_GIT_URL: `ssh://sluice@127.0.0.1:${platform.sshPort}/${app}.git`,
      SLUICE_KNOWN_HOSTS: await knownHosts(),
      SLUICE_DEPLOY_KEY: isGitHub ? key.trimEnd() : keyFile,
    };
    const good = await pipeline([...shell], text, path, env);
    expect(good.output).toContain('Build 1');
    expect(good.code, good.output).toBe(0);
    expect((await platform.get(`${app}.localhost`)).body).toBe('one\n');
    await platform.commit(path, { checks: 'the cart lost an item\n' });
    const bad = await pipeline([...shell], text, path, env);
    expect(bad.output).toContain('the cart lost an item');
    expect(bad.code, bad.output).not.toBe(0);
    const [, other = ''] = (await readFile(`${platform.key('alice')}.pub`, 'utf8')).split(' ');
    const stranger = await pipeline([...shell], text, path, {
      ...env,
      SLUICE_KNOWN_HOSTS: `[127.0.0.1]:${platform.sshPort} ssh-ed25519 ${other}`,
    });
    expect(stranger.output).toContain('Host key verification failed');
    expect(stranger.code, stranger.output).not.toBe(0);
  });

  test('asks by the API with a token, waits, and ends with the verdict', async () => {
    const app = `api-${name}`;
    const path = await begin(app);
    await must('git', ['clone', '-q', '--bare', path, join(served, `${app}.git`)]);
    await platform.sluiceOk(['repository:link', `${host.origin}/${app}.git`, '-a', app]);
    const text = await script(file, 'api');
    let runs = 0;
    const env = async (): Promise<NodeJS.ProcessEnv> => {
      const commit = (await must('git', ['rev-parse', 'HEAD'], { cwd: path })).trim();
      await must('git', ['push', '-q', join(served, `${app}.git`), 'HEAD:main'], { cwd: path });
      const id = String(++runs);
      return {
        SLUICE_APP_URL: `http://127.0.0.1:${apiPort}/v1/apps/${app}`,
        SLUICE_TOKEN: token,
        ...(isGitHub
          ? { GITHUB_SHA: commit, GITHUB_REF: 'refs/heads/main', GITHUB_RUN_ID: id, GITHUB_RUN_ATTEMPT: '1' }
          : { CI_COMMIT_SHA: commit, CI_COMMIT_REF_NAME: 'main', CI_JOB_ID: `${id}-${app}` }),
      };
    };
    const token = await tokenOfAlice();
    const proxy = await behindProxy();
    const good = await pipeline([...shell], text, path, {
      ...(await env()),
      SLUICE_APP_URL: `http://127.0.0.1:${proxy.port}/v1/apps/${app}`,
    });
    expect(proxy.turnedAway()).toBe(2);
    expect(good.output).toContain('Build 1\n');
    expect(good.output).toContain(`v1 is live: http://${app}.localhost:${platform.httpPort}`);
    expect(good.code, good.output).toBe(0);
    expect((await platform.get(`${app}.localhost`)).body).toBe('one\n');
    await platform.commit(path, { checks: 'the cart lost an item\n' });
    const bad = await pipeline([...shell], text, path, await env());
    expect(bad.output).toMatch(/Build 2\n[^]*Not live/);
    expect(bad.code, bad.output).toBe(1);
    await platform.commit(path, { checks: 'good\n', 'sluice.yaml': 'web:\n  port: many\n' });
    const refused = await pipeline([...shell], text, path, await env());
    expect(refused.output).toContain('sluice.yaml:2');
    expect(refused.code, refused.output).toBe(1);
    const stranger = await pipeline([...shell], text, path, { ...(await env()), SLUICE_TOKEN: 'wrong' });
    expect(stranger.output).toMatch(/token/i);
    expect(stranger.code, stranger.output).not.toBe(0);
    expect(good.output + bad.output + refused.output).not.toContain(token);
  });
});
