import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DockerBuildRunner } from '../../engines/docker/build/runner.ts';
import type { Period } from '../../engines/port.ts';
import { buildTask, newId, RecordingObserver } from '../support/build-task.ts';
import { eventually } from '../support/eventually.ts';
import { sourceOf } from '../support/tree.ts';
import { openDocker, type DockerFixture } from './workloads-docker-fixture.ts';

const MB = 1_000_000;

interface CacheRecord {
  ID: string;
  Description: string;
  CreatedAt: string;
  LastUsedAt: string;
  Shared: boolean;
  Size: number;
}

/** With real builds of BuildKit; the sizes of random bytes tell whose is what. */
describe('what an installation takes of a Docker engine', () => {
  const appId = newId();
  /** In the command lines of our builds, and of those that are not ours. */
  const [ours, foreign] = [newId(), newId()];
  let fixture: DockerFixture;
  let scratch: string;
  beforeAll(async () => {
    fixture = await openDocker('10.215.0.0/20');
    scratch = await mkdtemp(join(tmpdir(), 'sluice-build-'));
  });
  afterAll(async () => {
    await fixture.workloads.removeApp(appId);
    await fixture.workloads.trimBuildCache(99 * MB, momentsOf(await records(ours)));
    await fixture.workloads.trimBuildCache(99 * MB, momentsOf(await records(foreign)));
    await rm(scratch, { recursive: true, force: true });
    await fixture.close();
  });

  /** A test stage of 1 MB, a layer of 3 MB that all builds share, and one of 2 MB for each. */
  async function build(buildNumber: number, mark = ours, app = appId, installation = fixture.installationId) {
    const Dockerfile = `FROM busybox:1 AS base
RUN : ${mark} shared; head -c ${3 * MB} /dev/urandom > /shared
FROM base AS test
RUN : ${mark} test ${buildNumber}; head -c ${MB} /dev/urandom > /test
FROM base
RUN : ${mark} own ${buildNumber}; head -c ${2 * MB} /dev/urandom > /own
`;
    const task = buildTask({ installationId: installation, appId: app, buildNumber });
    const runner = new DockerBuildRunner({ scratch });
    const from = Date.now();
    const observer = new RecordingObserver();
    const outcome = await runner.run(task, sourceOf({ Dockerfile }), observer, new AbortController().signal);
    if (outcome.result !== 'succeeded') throw new Error(observer.text);
    return { image: outcome.image.image, period: { from, to: Date.now() } };
  }

  /** Those whose command has a mark. */
  async function records(mark: string): Promise<CacheRecord[]> {
    // Engines before 23 measure for one at a time: other tests do, too.
    const measured = await eventually('the engine measures', () => fixture.docker.df());
    const { BuildCache } = measured as { BuildCache: CacheRecord[] };
    return BuildCache.filter((record) => record.Description.includes(mark));
  }

  /** The moments at which these were made and used, so that what others build at this time stays out of it. */
  function momentsOf(some: readonly CacheRecord[]): Period[] {
    const times = some.flatMap((record) => [Date.parse(record.CreatedAt), Date.parse(record.LastUsedAt)]);
    return [...new Set(times)].toSorted((a, b) => a - b).map((at) => ({ from: at, to: at }));
  }

  it('counts layers once, tells its own cache, and lets that go but for what images still need', async () => {
    const { workloads } = fixture;
    expect((await workloads.usage([])).images).toBe(0);
    const first = await build(1);
    const second = await build(2);
    const other = await build(1, foreign, newId(), newId());
    const images = await workloads.images(appId);
    expect(images.map(({ image }) => image).toSorted()).toEqual([first.image, second.image].toSorted());

    const between = (at: string): boolean =>
      [first, second].some(
        ({ period }) => Date.parse(at) >= period.from && Date.parse(at) <= period.to + 5_000,
      );
    const mine = await records(ours);
    expect(mine.map(({ Size }) => Size).toSorted((a, b) => a - b)).toEqual([MB, MB, 2 * MB, 2 * MB, 3 * MB]);
    expect(mine.every(({ CreatedAt, LastUsedAt }) => between(CreatedAt) && between(LastUsedAt))).toBe(true);
    expect((await workloads.usage([first.period, second.period])).buildCache).toBeGreaterThanOrEqual(2 * MB);

    const moments = momentsOf(mine);
    const both = await workloads.usage(moments);
    expect(both.images).toBe(7 * MB);
    expect(both.buildCache).toBeGreaterThanOrEqual(2 * MB);
    expect(both.buildCache).toBeLessThan(2.1 * MB);
    expect(both.otherCache).toBeGreaterThanOrEqual(MB);
    expect(both.free).toBeGreaterThan(0);

    await workloads.removeImage(appId, first.image);
    const one = await workloads.usage(moments);
    expect(one.images).toBe(5 * MB);
    expect(one.buildCache).toBeGreaterThanOrEqual(4 * MB);

    expect(await workloads.trimBuildCache(99 * MB, moments)).toBeGreaterThanOrEqual(4 * MB);
    const left = await records(ours);
    expect(left.map(({ Size, Shared }) => `${Size / MB} MB, shared: ${Shared}`).toSorted()).toEqual([
      '2 MB, shared: true',
      '3 MB, shared: true',
    ]);
    expect(await records(foreign)).toHaveLength(3);
    expect((await workloads.usage(moments)).images).toBe(5 * MB);
    await fixture.docker.getImage(other.image).remove({ force: true });
  });

  it('is told to each of many who ask at the same time', async () => {
    const usages = await Promise.all(Array.from({ length: 6 }, () => fixture.workloads.usage([])));
    expect(usages.map(({ buildCache }) => buildCache)).toEqual(Array(6).fill(0));
  });
});
