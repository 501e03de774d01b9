import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { peak, resetPeak, resident } from '../../bench/resident.ts';
import type { Build } from '../../core/contracts/resources.ts';
import { eventually } from '../support/eventually.ts';
import type { Part } from '../support/parts.ts';
import { Platform } from '../support/platform.ts';
import { talkativeApp } from './talkative-app.ts';
import { ToldLines } from './told-lines.ts';

const A_SECOND = 10_000;
const SECONDS = 25;
const LINES = A_SECOND * SECONDS;
/** MB that a part may grow by, of the 100 that were written. */
const GROWTH = 50;
const PATIENCE_MS = 300_000;
const APP = 'talks';

let platform: Platform;
let repository: string;
const clients: ChildProcess[] = [];
beforeAll(async () => {
  platform = await Platform.start({}, { answersUnchecked: true });
  await platform.post('/v1/apps', { name: APP });
  repository = await platform.repository(APP, talkativeApp(LINES, A_SECOND));
});
afterEach(() => {
  for (const { pid } of clients.splice(0)) if (pid !== undefined) signal(pid, 'SIGKILL');
});
afterAll(async () => {
  await platform?.stop();
});

interface Client {
  readonly told: ToldLines;
  /** How it ended. */
  readonly ended: Promise<number>;
  /** Its ssh goes on, as that of a terminal that is held. */
  stop(): void;
  goOn(): void;
  end(): void;
}

/** A real client in a process group of its own. */
function start([program = '', ...args]: readonly string[], cwd: string): Client {
  const child = spawn(program, args, {
    cwd,
    env: platform.personEnv(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  clients.push(child);
  const told = new ToldLines();
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => told.hear(chunk));
  const pid = child.pid ?? 0;
  return {
    told,
    ended: once(child, 'close').then(([code]) => (code as number | null) ?? 137),
    stop: () => child.kill('SIGSTOP'),
    goOn: () => child.kill('SIGCONT'),
    end: () => signal(pid, 'SIGTERM'),
  };
}

function signal(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** What each part grew by at most while something was done, in MB. */
async function growth(work: () => Promise<void>): Promise<Map<Part, number>> {
  const parts = ['server', 'git', 'builder'] as const;
  const pids = new Map(parts.map((part) => [part, platform.pid(part) ?? 0]));
  const before = new Map<Part, number>();
  for (const [part, pid] of pids) {
    await resetPeak(pid);
    before.set(part, (await resident(pid)).rss);
  }
  await work();
  const grown = new Map<Part, number>();
  for (const [part, pid] of pids) grown.set(part, (await peak(pid)) - (before.get(part) ?? 0));
  return grown;
}

function shown(grown: ReadonlyMap<Part, number>): string {
  return [...grown].map(([part, megabytes]) => `${part} ${megabytes.toFixed(1)}`).join(', ');
}

/** In order, once, and what is missing was said; how much, unless it is the engine that has lost it. */
function expectAccountedFor({ told }: Client): void {
  expect(told.breaks, told.lastWords.join('\n')).toEqual([]);
  if (told.someLeftOut === 0) expect(told.count + told.leftOut).toBe(LINES);
}

async function talks({ told }: Client): Promise<void> {
  await eventually('the client is told lines', () => told.count > A_SECOND, PATIENCE_MS);
}

async function newestBuild(): Promise<Build> {
  const { items } = (await platform.api(`/v1/apps/${APP}/builds?limit=1`)) as { items: [Build] };
  return items[0];
}

async function buildEnded(): Promise<{ build: Build; seconds: number }> {
  const build = await eventually(
    'the build has ended',
    async () => {
      const newest = await newestBuild();
      return newest.finishedAt !== undefined && newest;
    },
    PATIENCE_MS,
  );
  const seconds = (Date.parse(build.finishedAt ?? '') - Date.parse(build.startedAt ?? '')) / 1_000;
  return { build, seconds };
}

/** The log of the newest build, as it is kept. */
async function keptLog(number: number): Promise<ToldLines> {
  const log = start(platform.sluiceArgv(['builds:log', String(number), '-a', APP]), repository);
  expect(await log.ended).toBe(0);
  return log.told;
}

async function push(): Promise<Client> {
  // Else its test would come out of the cache, and say nothing.
  await platform.commit(repository, { nonce: randomUUID() });
  return start(['git', 'push', '-q', 'platform', 'main'], repository);
}

test(`${A_SECOND} lines a second of a build: a pusher who does not read costs neither time nor memory`, async () => {
  const reading = await push();
  const read = await growth(async () => {
    expect(await reading.ended, reading.told.lastWords.join('\n')).toBe(0);
    expectAccountedFor(reading);
  });
  const { seconds: usual } = await buildEnded();

  const stalled = await push();
  let seconds = 0;
  let kept: ToldLines | undefined;
  const grown = await growth(async () => {
    await talks(stalled);
    stalled.stop();
    const ended = await buildEnded();
    ({ seconds } = ended);
    expect(ended.build.state).toBe('succeeded');
    expect(stalled.told.count).toBeLessThan(LINES);
    kept = await keptLog(ended.build.number);
  });
  console.log(
    `build: ${usual.toFixed(1)} s with a reading pusher (${reading.told.count} lines of ${LINES}), ${seconds.toFixed(1)} s with one that stood still after ${stalled.told.count} (${kept?.count} kept); MB more: ${shown(grown)} (reading: ${shown(read)})`,
  );
  stalled.goOn();
  expect(await stalled.ended, stalled.told.lastWords.join('\n')).toBe(0);
  expectAccountedFor(stalled);
  expect(kept).toMatchObject({ count: stalled.told.count, breaks: [] });
  for (const [part, megabytes] of grown) expect(megabytes, part).toBeLessThan(GROWTH);
});

/** As of a person who watches from now on. */
async function watch(): Promise<Client> {
  const client = start(platform.sluiceArgv(['logs', '-f', '-n', '0', '-a', APP]), repository);
  await eventually('it is told what the app prints', async () => {
    await platform.get(`${APP}.localhost`, '/hello');
    return client.told.greeted;
  });
  return client;
}

async function untilTold({ told }: Client): Promise<number> {
  return eventually('the watcher is told the end', () => told.seconds, PATIENCE_MS);
}

test(`${A_SECOND} lines a second of a running app: a watcher who does not read costs no memory, and is told what is missing`, async () => {
  await eventually('it is live', async () => (await platform.get(`${APP}.localhost`)).status === 200);
  const say = `/say/${LINES}/${A_SECOND}`;
  const first = await watch();
  const read = await growth(async () => {
    await platform.get(`${APP}.localhost`, say);
    await untilTold(first);
  });
  first.end();

  const stalled = await watch();
  let before = 0;
  const grown = await growth(async () => {
    await platform.get(`${APP}.localhost`, say);
    await talks(stalled);
    stalled.stop();
    const hasSaidAll = async (): Promise<boolean> =>
      Number((await platform.get(`${APP}.localhost`)).body) === 2;
    await eventually('the app has said all again', hasSaidAll, PATIENCE_MS);
    before = stalled.told.count;
    stalled.goOn();
    await untilTold(stalled);
  });
  console.log(
    `app: ${stalled.told.seconds} s; the watcher stood still after ${before} lines, then was told ${stalled.told.count - before} and that ${stalled.told.leftOut} are left out; MB more: ${shown(grown)} (reading: ${shown(read)})`,
  );
  for (const client of [first, stalled]) expectAccountedFor(client);
  expect(before).toBeLessThan(LINES);
  for (const [part, megabytes] of grown) expect(megabytes, part).toBeLessThan(GROWTH);
});
