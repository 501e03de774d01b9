import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Rig } from './support/rig.ts';
import { git } from './support/fake-server.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.start();
});
afterEach(() => rig.stop());

const branch = (): string =>
  git(rig.app.repository, 'for-each-ref', '--format=%(objectname)', 'refs/heads/main');

test('an accepted push shows the log, the verdict and how to undo, and moves the branch', async () => {
  rig.server.onBuild = (build) => {
    build.say('       Step 1 of 2\n');
    rig.server.makeLive(build);
  };
  const clone = rig.clone('a');
  const first = await clone.push('main');
  expect(first.err).toContain('remote: -----> Build 1');
  expect(first.err).toContain('remote:        Step 1 of 2');
  expect(first.err).toContain('remote: =====> v1 is live: http://hello.localhost:8080');
  expect(first.code, first.err).toBe(0);
  expect(branch()).toBe(clone.git('rev-parse', 'HEAD'));
  expect(clone.git('rev-parse', 'platform/main')).toBe(branch());

  const next = clone.commit('second');
  const second = await clone.push('main');
  expect(second.err).toContain('remote:        Undo: sluice rollback -a hello');
  expect(second.code, second.err).toBe(0);
  expect(branch()).toBe(next);
});

test('a build that fails rejects the push, says why and what is live, and the branch stays', async () => {
  rig.deployAtOnce();
  const clone = rig.clone('a');
  await clone.push('main');
  const live = branch();
  rig.server.onBuild = (build) =>
    build.end({
      ok: false,
      build: { number: build.number, state: 'failed' },
      reason: {
        code: 'test_failed',
        message: 'The tests failed with exit code 1.',
        hint: 'Run `npm test`.',
        detail: ['1 failing'],
      },
      live: { release: 1, commit: live },
    });
  clone.commit('second');
  const failed = await clone.push('main');
  expect(failed.code, failed.err).toBe(1);
  expect(failed.err).toContain('remote:  !     The tests failed with exit code 1.');
  expect(failed.err).toContain('remote:        1 failing');
  expect(failed.err).toContain('remote:  !     Next: Run `npm test`.');
  expect(failed.err).toContain(
    `remote:        Live now: v1 (${live.slice(0, 8)}), http://hello.localhost:8080`,
  );
  expect(failed.err).toContain('main -> main (build 2 failed: test_failed)');
  expect(branch()).toBe(live);
  expect(clone.git('rev-parse', 'platform/main')).toBe(live);
});

test('the same push runs again after a failure', async () => {
  rig.server.onBuild = (build) => build.end({ ok: false, build: { number: build.number, state: 'failed' } });
  const clone = rig.clone('a');
  expect((await clone.push('main')).code).toBe(1);
  expect((await clone.push('main')).code).toBe(1);
  expect(rig.server.builds).toHaveLength(2);
});

test('Ctrl-C cancels nothing, and the same push attaches, replays the log and ends with the verdict', async () => {
  const clone = rig.clone('a');
  const left = clone.startPush('main');
  await left.sees('-----> Build 1');
  left.signal('SIGINT');
  await left.exited;
  const [build] = rig.server.builds;
  build?.say('       while nobody looked\n');

  const again = clone.startPush('main');
  await again.sees('-----> Attached to build 1, already under way');
  await again.sees('while nobody looked');
  expect(rig.server.builds).toHaveLength(1);
  if (build !== undefined) rig.server.makeLive(build);
  expect(await again.exited).toBe(0);
  expect(branch()).toBe(clone.git('rev-parse', 'HEAD'));
});

test('detach ends once accepted, and leaves platform/main alone', async () => {
  const clone = rig.clone('a');
  const detached = await clone.push('-o', 'detach', 'main');
  expect(detached.err).toContain('sluice builds:log 1 -f -a hello');
  expect(detached.err).toContain('main -> refs/builds/1');
  expect(detached.code, detached.err).toBe(0);
  expect(branch()).toBe('');
  expect(() => clone.git('rev-parse', '--verify', '-q', 'platform/main')).toThrow();
  expect(rig.server.builds[0]?.push.options.detach).toBe(true);
});

test('wait=build ends with the build, before the release', async () => {
  rig.server.onBuild = (build) => build.end({ ok: true, build: { number: 1, state: 'succeeded' } });
  const clone = rig.clone('a');
  const pushed = await clone.push('-o', 'wait=build', 'main');
  expect(pushed.err).toContain('=====> Build 1 succeeded; its release goes on without you');
  expect(pushed.err).toContain('main -> refs/builds/1');
  expect(pushed.code, pushed.err).toBe(0);
  expect(branch()).toBe('');
});

test('every option reaches the server', async () => {
  rig.deployAtOnce();
  const clone = rig.clone('a');
  const options = ['now', 'no-cache', 'supersede', 'reason=mend the login; it broke'].flatMap((o) => [
    '-o',
    o,
  ]);
  expect((await clone.push(...options, 'main')).code).toBe(0);
  expect(rig.server.builds[0]?.push.options).toEqual({
    wait: 'live',
    detach: false,
    now: true,
    noCache: true,
    supersede: true,
    reason: 'mend the login; it broke',
  });
});

test('tags beside the branch are kept and build nothing', async () => {
  rig.deployAtOnce();
  const clone = rig.clone('a');
  clone.git('tag', 'v1');
  clone.git('tag', '-a', '-m', 'noted', 'v1-noted');
  expect((await clone.push('main', '--tags')).code).toBe(0);
  clone.git('tag', 'later');
  expect((await clone.push('later')).code).toBe(0);
  expect(git(rig.app.repository, 'tag')).toBe('later\nv1\nv1-noted');
  expect(rig.server.builds).toHaveLength(1);
});

test('clone and fetch give the live branch and none of the hidden refs', async () => {
  rig.deployAtOnce();
  const clone = rig.clone('a');
  await clone.push('main');
  const listed = await clone.run('ls-remote', 'platform');
  expect(listed.out).not.toContain('refs/sluice');
  const cloned = await clone.run('clone', '-q', rig.url(), `${rig.folder}/b`);
  expect(cloned).toMatchObject({ code: 0 });
  expect(git(`${rig.folder}/b`, 'rev-parse', 'HEAD')).toBe(branch());
  const next = clone.commit('second');
  await clone.push('main');
  expect((await clone.run('-C', `${rig.folder}/b`, 'fetch', '-q')).code).toBe(0);
  expect(git(`${rig.folder}/b`, 'rev-parse', 'origin/main')).toBe(next);
});

test('the server restarts in the middle: the pusher sees a pause, not an end, and no byte is lost or doubled', async () => {
  const clone = rig.clone('a');
  const push = clone.startPush('main');
  await push.sees('-----> Build 1');
  const [build] = rig.server.builds;
  build?.say('       before\n');
  await push.sees('before');
  await rig.server.stop();
  build?.say('       in between\n');
  await push.sees('the platform is restarting; your push goes on');
  await rig.server.start();
  await push.sees('in between');
  if (build !== undefined) rig.server.makeLive(build);
  expect(await push.exited).toBe(0);
  for (const once of ['Build 1', 'before', 'in between', 'is restarting']) {
    expect(push.text.split(once)).toHaveLength(2);
  }
});

test('thirty-two pushes at once from one address all succeed', async () => {
  rig.deployAtOnce();
  const pushes = Array.from({ length: 32 }, (_, i) => {
    rig.server.addApp(`many-${i}`, join(rig.folder, `many-${i}.git`));
    return rig.clone(`many-${i}`).run('push', rig.url(`many-${i}`), 'main');
  });
  const ends = await Promise.all(pushes);
  expect(ends.filter(({ code }) => code !== 0)).toEqual([]);
});
