import { setTimeout as until } from 'node:timers/promises';
import pLimit from 'p-limit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { App, Build, Release } from '../../core/contracts/resources.ts';
import { must, type Ran } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { type Commits, makeCommits, pageOf, versions } from './commits.ts';

const APPS = 100;
const EACH = 6;
const SECONDS = 60;
/**
 * Clients that run side by side. On a machine that they share with what they push to, more of them make each other late: with
 * a hundred beside the builds of those before, ssh was not logged in within the 30 s that it has.
 */
const AT_ONCE = 40;
/** For the builds and rollouts that are left when the last push was sent. */
const SETTLES_MS = 600_000;

const NAMES = Array.from({ length: APPS }, (_, index) => `load-${index}`);
const UNDER_WAY = new Set(['queued', 'testing', 'building', 'starting', 'canary', 'promoting']);

let platform: Platform;
let commits: Commits;
beforeAll(async () => {
  platform = await Platform.start({}, { answersUnchecked: true });
  for (const name of NAMES) await platform.post('/v1/apps', { name });
  commits = await makeCommits(platform, NAMES, EACH);
  // The first one writes known_hosts; the others must not all do so at once.
  expect(await platform.git(commits.folder, ['ls-remote', urlOf('load-0')])).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await platform?.stop();
});

function urlOf(app: string): string {
  return `ssh://sluice@127.0.0.1:${platform.sshPort}/${app}.git`;
}

interface Push {
  readonly app: string;
  readonly version: number;
  readonly commit: string;
  readonly ran: Ran;
}

/**
 * Pushes at an even pace, round by round over the apps, as far as there is a client for each; of one app each only when the
 * one before has ended.
 */
async function pushAll(): Promise<Push[]> {
  const clients = pLimit(AT_ONCE);
  const pause = (SECONDS * 1_000) / (APPS * EACH);
  const began = performance.now();
  const sent = NAMES.map(async (app, place) => {
    const pushes: Push[] = [];
    for (const version of versions(EACH)) {
      const due = ((version - 1) * APPS + place) * pause;
      await until(Math.max(0, began + due - performance.now()));
      pushes.push(await clients(push, app, version));
    }
    return pushes;
  });
  return (await Promise.all(sent)).flat();
}

async function push(app: string, version: number): Promise<Push> {
  const commit = commits.of.get(app)?.[version - 1] ?? '';
  const args = ['push', '-o', 'detach', urlOf(app), `${commit}:refs/heads/main`];
  const ran = await platform.git(commits.folder, args);
  return { app, version, commit, ran };
}

/** The build that a client was told of; undefined when it was told anything else. */
function toldBuild({ ran }: Push): number | undefined {
  const said = /^remote: -----> Build (\d+)\s*$/m.exec(ran.output)?.[1];
  const accepted = ran.code === 0 && ran.output.includes('Accepted; it goes on without you');
  return accepted && said !== undefined ? Number(said) : undefined;
}

async function buildsOf(app: string): Promise<Build[]> {
  const { items } = (await platform.api(`/v1/apps/${app}/builds?limit=100`)) as { items: Build[] };
  return items.toSorted((a, b) => a.number - b.number);
}

async function releasesOf(app: string): Promise<Release[]> {
  return ((await platform.api(`/v1/apps/${app}/releases?limit=100`)) as { items: Release[] }).items;
}

async function settled(): Promise<void> {
  const deadline = performance.now() + SETTLES_MS;
  for (const app of NAMES) {
    const isSettled = async (): Promise<boolean> =>
      [...(await buildsOf(app)), ...(await releasesOf(app))].every(({ state }) => !UNDER_WAY.has(state));
    await eventually(`${app} has settled`, isSettled, deadline - performance.now());
  }
}

/** Those whose ends do not say why: what was taken over names by what. */
function unexplained(ends: readonly (Build | Release)[]): string[] {
  return ends.flatMap((end) => {
    if (end.state === 'succeeded' || end.state === 'live') return [];
    const said = end.state === 'superseded' && end.reason?.code === 'superseded';
    return said ? [] : [`${end.number}: ${end.state} ${end.reason?.message ?? ''}`];
  });
}

/** What the app's repository has: refs with their commits, and whether all that they reach is there. */
async function repositoryOf({ id }: App): Promise<{ main: string; kept: Set<string> }> {
  const git = ['--git-dir', `${platform.paths.repositories}/${id}.git`];
  await must('git', [...git, 'fsck', '--strict', '--connectivity-only', '--no-dangling']);
  const refs = await must('git', [...git, 'for-each-ref', '--format=%(refname) %(objectname)']);
  const kept = [...refs.matchAll(/^refs\/sluice\/builds\/(.*)$/gm)].map(([, ref = '']) => ref);
  return { main: /^refs\/heads\/main (.*)$/m.exec(refs)?.[1] ?? '', kept: new Set(kept) };
}

test(`${APPS * EACH} pushes in ${SECONDS} s over ${APPS} apps: none is lost`, async () => {
  const began = performance.now();
  const pushes = await pushAll();
  const seconds = (performance.now() - began) / 1_000;
  await settled();
  const afterwards = (performance.now() - began) / 1_000 - seconds;
  console.log(
    `${pushes.length} pushes in ${seconds.toFixed(1)} s (${Math.round((pushes.length * 60) / seconds)} a minute); settled ${afterwards.toFixed(1)} s later`,
  );

  expect(pushes.filter((one) => toldBuild(one) === undefined).map(({ app, ran }) => [app, ran])).toEqual([]);
  for (const name of NAMES) {
    const builds = await buildsOf(name);
    const own = pushes.filter(({ app }) => app === name);
    expect(builds.map(({ number, commit }) => [number, commit])).toEqual(
      own.map((one) => [toldBuild(one), one.commit]),
    );
    const newest = builds.at(-1)?.commit ?? '';
    const releases = await releasesOf(name);
    expect([name, ...unexplained(builds), ...unexplained(releases)]).toEqual([name]);

    const app = (await platform.api(`/v1/apps/${name}`)) as App;
    const { main, kept } = await repositoryOf(app);
    expect([main, app.live?.commit]).toEqual([newest, newest]);
    expect([...kept].toSorted()).toEqual(builds.map(({ id, commit }) => `${id} ${commit}`).toSorted());
    expect((await platform.get(`${name}.localhost`)).body).toBe(
      `${pageOf(name, 1 + (commits.of.get(name) ?? []).indexOf(newest))}\n`,
    );
  }
});
