import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RouterTraffic } from '../../router/client.ts';
import { must } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { type LiveApp, makeApps } from './many-apps.ts';

const APPS = 200;
/** Of each round: apps that each of the things below happens to. Half of these are containers that must start. */
const ROUNDS = [3, 3, 3, 5];
/** For all apps to start, and for what is wrong to be mended on a busy machine. */
const PATIENCE_MS = 600_000;
const ANSWER_MS = 500;

let platform: Platform;
let apps: LiveApp[];
let router: RouterTraffic;
beforeAll(async () => {
  platform = await Platform.start({}, { answersUnchecked: true });
  router = new RouterTraffic(platform.paths.routerSocket);
  apps = await makeApps(
    platform,
    Array.from({ length: APPS }, (_, index) => `app-${index}`),
  );
  await platform.ready(PATIENCE_MS);
  await untilRight(apps);
});
afterAll(async () => {
  router?.close();
  await platform?.stop();
});

/** What goes wrong while no server looks. */
const WRONG: readonly ((app: LiveApp) => Promise<unknown>)[] = [
  async ({ id }) => must('docker', ['stop', '-t', '0', ...(await containersOf(id))]),
  async ({ id }) => must('docker', ['rm', '-f', ...(await containersOf(id))]),
  async ({ id }) => router.remove(id),
  async ({ id, name }) =>
    router.apply({
      appId: id,
      appName: name,
      hosts: [`${name}.localhost`],
      releases: [{ releaseId: 'astray', weight: 10_000, backends: [{ host: '127.0.0.1', port: 9 }] }],
      maintenance: false,
    }),
];

async function containersOf(appId: string): Promise<string[]> {
  return (await must('docker', ['ps', '-aq', '--filter', `label=sluice.app=${appId}`])).trim().split('\n');
}

/** Which container each app has, and since when it runs. */
async function running(): Promise<Map<string, string>> {
  const format = '{{index .Config.Labels "sluice.app"}} {{.Id}} {{.State.StartedAt}}';
  const { installationId } = (await platform.api('/v1/status')) as { installationId: string };
  const ids = await must('docker', ['ps', '-aq', '--filter', `label=sluice.installation=${installationId}`]);
  const found = await must('docker', ['inspect', '--format', format, ...ids.trim().split('\n')]);
  const lines = found.trim().split('\n');
  expect(lines).toHaveLength(APPS);
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(' ')), line]));
}

/** Whether an app answers by its own name. HAProxy tries for seconds to reach a container that is gone: that is a no. */
async function isRight({ name }: LiveApp): Promise<boolean> {
  const late = pause(ANSWER_MS, undefined, { ref: false });
  const answer = await Promise.race([platform.get(`${name}.localhost`).catch(() => undefined), late]);
  return answer?.status === 200 && answer.body === `${name}\n`;
}

/** Until each has answered by its own name. @returns milliseconds after which each did, ascending */
async function untilRight(wanted: readonly LiveApp[]): Promise<number[]> {
  const began = performance.now();
  // 200 questions a second at most, so that asking is not what takes the time.
  const between = 5 * wanted.length;
  const times = wanted.map(async (app) => {
    while (!(await isRight(app))) {
      if (performance.now() - began > PATIENCE_MS) throw new Error(`${app.name} is not right`);
      await pause(between);
    }
    return performance.now() - began;
  });
  return (await Promise.all(times)).toSorted((a, b) => a - b);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}

test.each(ROUNDS.map((each, index) => [index + 1, each]))(
  `${APPS} apps are as they should be after a restart, round %i`,
  async (round, each) => {
    const before = await running();
    await platform.kill('server');
    // Others in each round, so that what was mended is not what is broken again.
    const from = WRONG.length * ROUNDS.slice(0, round - 1).reduce((sum, count) => sum + count, 0);
    const wrong = apps.slice(from, from + WRONG.length * each);
    const untouched = apps.filter((app) => !wrong.includes(app));
    await Promise.all(wrong.map(async (app, index) => WRONG[index % WRONG.length]?.(app)));
    const answers = await Promise.all(wrong.map(isRight));
    expect(answers).toEqual(wrong.map(() => false));

    const began = performance.now();
    await platform.startPart('server');
    const listening = eventually('it listens', async () => platform.serverTime(), PATIENCE_MS).then(
      () => performance.now() - began,
    );
    const times = await untilRight(wrong);
    console.log(
      `${APPS} apps, ${wrong.length} of them wrong: half of these right ${seconds(times[times.length >> 1] ?? 0)} after the start, all ${seconds(times.at(-1) ?? 0)}; it listened after ${seconds(await listening)}`,
    );
    await platform.ready(PATIENCE_MS);
    await untilRight(apps);
    const after = await running();
    for (const { id, name } of untouched) expect([name, after.get(id)]).toEqual([name, before.get(id)]);
  },
);
