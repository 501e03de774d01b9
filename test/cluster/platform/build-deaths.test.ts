import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kubectl } from '../../support/cluster.ts';
import { startOnCluster } from '../../support/cluster-platform.ts';
import { eventually } from '../../support/eventually.ts';
import type { Platform } from '../../support/platform.ts';
import { freePorts } from '../../support/ports.ts';
import { ServerGate } from '../../support/server-gate.ts';
import { tinyApp } from '../../support/tiny-app.ts';

/** Some seconds of each stage: longer than until an attempt is taken up again. */
const LINES = 30;
const namespace = `sluice-test-builds-${randomBytes(4).toString('hex')}`;
const builders = new Map<string, ChildProcess>();
let platform: Platform;
let gate: ServerGate;

beforeAll(async () => {
  await kubectl(['create', 'namespace', namespace]);
  await kubectl(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=privileged']);
  const [parts = 0, port = 0] = await freePorts(2);
  gate = new ServerGate(port, parts);
  await gate.start();
  const env = { SLUICE_PARTS_PORT: String(parts), SLUICE_SERVER_URL: gate.url };
  platform = await startOnCluster(env, namespace);
  await platform.kill('builder');
  for (const name of ['one', 'two']) startBuilder(name);
});
afterAll(async () => {
  await Promise.all([...builders.keys()].map(killBuilder));
  await platform?.stop();
  await gate?.[Symbol.asyncDispose]();
  await kubectl(['delete', 'namespace', namespace, '--wait=false']);
});

function startBuilder(name: string): void {
  const { program, args, env } = platform.commandOf('builder');
  builders.set(name, spawn(program, args, { env: { ...env, SLUICE_BUILDER_NAME: name }, stdio: 'ignore' }));
}

async function killBuilder(name: string): Promise<void> {
  const child = builders.get(name);
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** An app whose stages each say so many lines, slowly. */
function talkingApp(page: string): Record<string, string> {
  const app = tinyApp(page);
  const numbers = Array.from({ length: LINES }, (_, index) => index + 1).join(' ');
  const say = (stage: string): string => `RUN for i in ${numbers}; do echo "${stage} $i"; sleep 0.3; done`;
  const Dockerfile = (app['Dockerfile'] as string)
    .replace('RUN cat', `${say('testing')} && cat`)
    .replace('USER 1000', `COPY nonce /nonce\n${say('building')}\nUSER 1000`);
  return { ...app, Dockerfile };
}

interface Moment {
  /** What is to be done when it has passed. */
  readonly release: () => void;
}

/** The moments of a build at which somebody dies; each resolves when it is there. */
const STAGES: readonly ((app: string) => Promise<Moment>)[] = [
  // Claimed, and there is no Job.
  async () => kept(gate.keep('answer', '/claim')),
  async (app) => said(app, 'testing 2'),
  async (app) => said(app, 'building 2'),
  // The image is pushed, and nobody was told.
  async () => kept(gate.keep('request', '/finish')),
];

async function kept({ come, release }: { come: Promise<void>; release: () => void }): Promise<Moment> {
  await come;
  return { release };
}

async function said(app: string, text: string): Promise<Moment> {
  await eventually(`${text} is in the log`, async () => (await logOf(app)).includes(text), 60_000);
  return { release: () => undefined };
}

async function logOf(app: string): Promise<string> {
  return (await platform.sluice(['builds:log', '1', '-a', app])).stdout;
}

async function pushed(app: string, push: ReturnType<Platform['git']>): Promise<void> {
  const { code, output } = await push;
  expect(output).toContain('is live');
  expect(code, output).toBe(0);
  expect((await platform.get(`${app}.localhost`)).body).toBe(`${app}\n`);
  for (const text of [output.replaceAll('remote: ', ''), await logOf(app)]) {
    const lines = text.split('\n').map((line) => line.trim());
    for (const stage of ['testing', 'building']) {
      const told = lines.filter((line) => new RegExp(`^${stage} \\d+$`).test(line));
      expect(told).toEqual(Array.from({ length: LINES }, (_, index) => `${stage} ${index + 1}`));
    }
    expect(lines.filter((line) => line.startsWith('-----> Testing'))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('-----> Building image'))).toHaveLength(1);
  }
  const selector = `sluice.dev/build=${gate.granted?.buildId}`;
  const jobs = await kubectl(['get', 'jobs', '-n', namespace, '-l', selector, '--output', 'name']);
  expect(jobs).toMatch(/^job.batch\/build-\w+-\w+-1\n$/);
}

/**
 * Pushes an app, and lets somebody die at each stage of its build, one after the other.
 * @param die resolves when that was survived
 */
async function dying(app: string, die: () => Promise<void>): Promise<void> {
  await platform.sluiceOk(['apps:create', app]);
  const path = await platform.repository(app, talkingApp(app));
  let push: ReturnType<Platform['git']> | undefined;
  for (const reach of STAGES) {
    const reached = reach(app);
    push ??= platform.git(path, ['push', 'platform', 'main']);
    const { release } = await reached;
    await die();
    release();
  }
  if (push !== undefined) await pushed(app, push);
}

test('one of two builders killed at each stage: the other takes the attempt up', async () => {
  await dying('builders', async () => {
    const first = gate.granted?.builder ?? '';
    await killBuilder(first);
    await eventually('the other has it', () => gate.granted?.builder !== first);
    startBuilder(first);
  });
});

test('the server killed and started again at each stage: the attempt goes on', async () => {
  await dying('server', () => platform.restart('server'));
});
