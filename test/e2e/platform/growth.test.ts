import { randomUUID } from 'node:crypto';
import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectDocker } from '../../../engines/docker/client.ts';
import { must, type Ran } from '../../support/command.ts';
import { eventually } from '../../support/eventually.ts';
import { Platform } from '../../support/platform.ts';

/** Room for about eight images of an app; new builds end at 90 MB. */
const BUDGET = 100_000_000;
const IMAGE = 10_000_000;
/** In the command lines of this run's builds, so that its share of the build cache can be told. */
const RUN = randomUUID();

const docker = connectDocker();
let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start({ SLUICE_DISK_BUDGET: String(BUDGET) });
});
afterAll(async () => {
  await platform?.stop();
});

/** An app whose every version brings 10 MB that nothing else has. */
function heavy(page: string): Record<string, string> {
  return {
    Dockerfile: `FROM busybox:1
RUN : ${RUN} ${randomUUID()}; head -c ${IMAGE} /dev/urandom > /blob
COPY www /app
USER 1000
CMD ["httpd", "-f", "-p", "8080", "-h", "/app"]
`,
    'sluice.yaml': 'canary: off\n',
    'www/index.html': `${page}\n`,
  };
}

const push = (path: string, ...args: string[]): Promise<Ran> =>
  platform.git(path, ['push', ...(args.length === 0 ? ['platform', 'main'] : args)]);

/** What refused pushes have said, if it was not that the budget is used up: those are tried again. */
const otherwise: string[] = [];
async function pushedIfRoom(path: string): Promise<Ran> {
  const ran = await push(path);
  if (ran.code !== 0 && !ran.output.includes('the disk budget is used up')) otherwise.push(ran.output);
  return ran;
}

async function pushed(path: string, page: string): Promise<string> {
  const commit = await platform.commit(path, heavy(page));
  const { code, output } = await push(path);
  expect(code, output).toBe(0);
  return commit;
}

const live = async (app: string): Promise<string> => (await platform.get(`${app}.localhost`)).body.trim();

async function images(): Promise<number> {
  const { installationId } = (await platform.api('/v1/status')) as { installationId: string };
  const filters = { label: [`sluice.installation=${installationId}`] };
  return (await docker.listImages({ filters })).length;
}

/** Bytes of this run's build cache that are no layer of an image. */
async function cache(): Promise<number> {
  // Engines before 23 measure for one at a time: the platform does, too.
  const { BuildCache } = (await eventually('the engine measures', () => docker.df())) as {
    BuildCache: { Description: string; Shared: boolean; Size: number }[];
  };
  const ours = BuildCache.filter(({ Description, Shared }) => !Shared && Description.includes(RUN));
  return ours.reduce((sum, { Size }) => sum + Size, 0);
}

async function refs(appId: string): Promise<string[]> {
  const repository = join(platform.paths.repositories, `${appId}.git`);
  const shown = await must('git', [
    '--git-dir',
    repository,
    'for-each-ref',
    '--format=%(objectname)',
    'refs/sluice/builds',
  ]);
  return [...new Set(shown.split('\n').filter(Boolean))];
}

/** As if all that was built so far had ended eight days ago; when builders worked stays, as the engine's clock stays, too. */
async function eightDaysGoBy(appId: string): Promise<void> {
  await platform.kill('server', 'SIGTERM');
  const milliseconds = 8 * 24 * 3_600_000;
  const journal = new DatabaseSync(platform.paths.journal);
  journal.exec(`UPDATE builds SET finished_at = finished_at - ${milliseconds}`);
  journal.exec(`UPDATE rollouts SET finished_at = finished_at - ${milliseconds}`);
  journal.close();
  const then = new Date(Date.now() - milliseconds);
  for (const folder of [
    platform.paths.buildLogs,
    join(platform.paths.repositories, `${appId}.git`, 'objects'),
  ]) {
    for (const name of await readdir(folder, { recursive: true }))
      await utimes(join(folder, name), then, then);
  }
  await platform.startPart('server');
  await platform.ready();
}

test('a small budget holds: what is needed least goes, and what is live or can be gone back to never', async () => {
  await platform.sluiceOk(['apps:create', 'shop']);
  const { id } = JSON.parse(await platform.sluiceOk(['apps:info', '-a', 'shop', '--json'])) as { id: string };
  const path = await platform.repository('shop', {
    ...heavy('never'),
    Dockerfile: `FROM busybox:1\nRUN : ${RUN}; false\n`,
  });
  expect((await push(path)).code).not.toBe(0);
  const failed = (await must('git', ['rev-parse', 'HEAD'], { cwd: path })).trim();
  // What follows does not build on it.
  await must('git', ['update-ref', '-d', 'refs/heads/main'], { cwd: path });

  // Well over the budget, all in all.
  const commits: string[] = [];
  for (let n = 1; n <= 10; n++) commits.push(await pushed(path, `page ${n}`));
  const sixImages = (): Promise<unknown> =>
    eventually('six images are left', async () => (await images()) === 6);
  await sixImages();
  await eventually('the build cache is within the budget', async () => (await cache()) <= 3 * IMAGE);
  expect(await refs(id)).toContain(failed);

  // v5 to v9 ran the images 5 to 9.
  for (const n of [5, 6, 7, 8, 9]) {
    await platform.sluiceOk(['rollback', `v${n}`, '-a', 'shop']);
    expect(await live('shop')).toBe(`page ${n}`);
  }
  const gone = await platform.sluice(['rollback', 'v4', '-a', 'shop']);
  expect(gone.code, gone.output).toBe(1);
  expect(gone.output).toContain('only the newest few rollback targets are kept');
  await sixImages();

  await eightDaysGoBy(id);
  await platform.sluiceOk(['apps:create', 'other']);
  const elsewhere = await platform.repository('other', heavy('other 0'));
  // Six images of shop are 60 MB: no more than three of the other fit in below 90.
  const numbers = /Sluice takes 9[01](\.\d+)? MB of 100 MB, and above 90 MB it takes no new builds/;
  let taken = 0;
  // What others build in the engine at the same time is taken for the platform's own, and stays while they use it.
  const refused = await eventually('a push is refused for its images', async () => {
    const { code, output } = await pushedIfRoom(elsewhere);
    if (code === 0) await platform.commit(elsewhere, heavy(`other ${++taken}`));
    else expect(output).toMatch(numbers);
    return code !== 0 && { code, output };
  });
  expect(taken).toBeLessThanOrEqual(3);
  expect(refused.output).toMatch(/images 90(\.\d+)? MB/);
  expect(refused.output).toContain('sluice apps:destroy');
  expect(refused.code, refused.output).toBe(128);
  const doctor = await platform.sluice(['doctor']);
  expect(doctor.output).toMatch(/disk budget.* of 100 MB used: images 90/);
  expect(await platform.sluice(['builds:create', '-a', 'shop'])).toMatchObject({
    code: 1,
    output: expect.stringContaining('Sluice takes'),
  });

  // All that may go is gone; what the last builds have used goes a moment after them.
  await eventually('the build cache is empty', async () => (await cache()) === 0);
  await eventually('six commits are left', async () => (await refs(id)).length === 6);
  expect(await refs(id)).toEqual(expect.arrayContaining(commits.slice(-6)));
  const log = await platform.sluice(['builds:log', '1', '-a', 'shop']);
  expect(log.code, log.output).toBe(1);
  expect(log.output).toContain('build logs are kept for 90 days');
  expect(await platform.sluiceOk(['builds:show', '1', '-a', 'shop'])).toContain('failed');
  const rebuilt = await platform.sluice(['builds:create', '--commit', failed, '-a', 'shop']);
  expect(rebuilt.output).toContain(`has no commit ${failed.slice(0, 12)}`);

  // What runs can be changed all the same.
  await platform.sluiceOk(['rollback', 'v6', '-a', 'shop']);
  expect(await live('shop')).toBe('page 6');
  await platform.sluiceOk(['config:set', '-a', 'shop', 'A=b']);
  expect(await live('shop')).toBe('page 6');
  expect(await live('other')).toMatch(/^other \d$/);

  await platform.sluiceOk(['apps:destroy', '-a', 'other', '--confirm', 'other']);
  await sixImages();
  await platform.commit(path, heavy('page 11'));
  // A busy engine may need longer to let go what that has freed than a push waits for it.
  await eventually('builds are taken again', async () => (await pushedIfRoom(path)).code === 0);
  expect(otherwise).toEqual([]);
  expect(await live('shop')).toBe('page 11');

  // What was let go can be sent again.
  const again = await push(path, '--force', '-o', 'supersede', 'platform', `${failed}:main`);
  expect(again.output).toContain(`RUN : ${RUN}; false`);
}, 600_000);
