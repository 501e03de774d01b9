import { afterAll, beforeAll, expect, test } from 'vitest';
import { canaryApp } from '../../support/canary-app.ts';
import { must } from '../../support/command.ts';
import { eventually } from '../../support/eventually.ts';
import { openLoop } from '../../support/open-loop.ts';
import { Platform } from '../../support/platform.ts';
import { tinyApp } from '../../support/tiny-app.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start();
});
afterAll(async () => {
  await platform?.stop();
});

/** An app whose page shows a config value. */
function greeter(page: string): Record<string, string> {
  const command =
    'mkdir -p /tmp/www && echo "$PAGE $GREETING v=$SLUICE_RELEASE" > /tmp/www/index.html && exec httpd -f -p $PORT -h /tmp/www';
  return tinyApp(page, {
    Dockerfile: `FROM busybox:1\nENV PAGE=${page}\nUSER 1000\nCOPY nonce /nonce\n`,
    Procfile: `web: ${command}\n`,
  });
}

async function live(app: string): Promise<string> {
  return (await platform.get(`${app}.localhost`)).body.trim();
}

test('config changes are releases; a rollback restores image and config, and the branch follows', async () => {
  await platform.sluiceOk(['apps:create', 'greeter']);
  const path = await platform.repository('greeter', greeter('one'));
  await platform.gitOk(path, ['push', 'platform', 'main']);
  const first = (await must('git', ['rev-parse', 'HEAD'], { cwd: path })).trim();
  expect(await live('greeter')).toBe('one  v=v1');

  const set = await platform.sluiceOk(['config:set', '-a', 'greeter', 'GREETING=hello world']);
  expect(set).toContain('v2');
  await eventually('v2 is live', async () => (await live('greeter')) === 'one hello world v=v2');

  await platform.commit(path, greeter('two'));
  await platform.gitOk(path, ['push', 'platform', 'main']);
  expect(await live('greeter')).toBe('two hello world v=v3');

  expect(await platform.sluiceOk(['rollback', 'v1', '-a', 'greeter'])).toContain('v4');
  await eventually('v4 is live', async () => (await live('greeter')) === 'one  v=v4');
  await eventually('the branch has followed', async () =>
    (await platform.git(path, ['ls-remote', 'platform', 'main'])).stdout.startsWith(first),
  );
  const info = await platform.sluiceOk(['releases:info', 'v4', '-a', 'greeter']);
  expect(info).toContain('GREETING');
  expect(info).not.toContain('hello world');
});

test('web, worker and release of a Procfile: the release phase runs once and before any traffic', async () => {
  await platform.sluiceOk(['apps:create', 'python']);
  const path = await platform.repository('python', 'hello-python');
  const push = await platform.git(path, ['push', 'platform', 'main']);
  expect(push.output).toContain('Release phase');
  expect(push.code, push.output).toBe(0);
  expect((await platform.get('python.localhost')).status).toBe(200);
  const ps = await platform.sluiceOk(['ps', '-a', 'python']);
  expect(ps).toContain('worker');
  await eventually('the worker has logged', async () =>
    (await platform.sluiceOk(['logs', '-a', 'python', '-n', '500'])).includes('worker.1'),
  );
});

test('a release phase that fails stops the release before anything starts', async () => {
  await platform.sluiceOk(['apps:create', 'migrates']);
  const files = greeter('one');
  const path = await platform.repository('migrates', files);
  await platform.gitOk(path, ['push', 'platform', 'main']);
  await platform.commit(path, {
    Procfile: `${files['Procfile']}release: echo column exists already; exit 4\n`,
  });
  const push = await platform.git(path, ['push', 'platform', 'main']);
  expect(push.code, push.output).not.toBe(0);
  expect(push.output).toContain('column exists already');
  expect(push.output).toContain('exit code 4');
  expect(await live('migrates')).toBe('one  v=v1');
});

/** Takes three seconds to start, so that what answers sooner was there before. */
function slowToStart(page: string): Record<string, string> {
  return {
    ...canaryApp({ page }, 'canary: {steps: [50], keep: 5m}', 'scale: {worker: 1}\n'),
    Procfile:
      'web: sleep 3; exec node /app.js\nworker: exec sleep 1000000\nrelease: echo migrated for $SLUICE_RELEASE\n',
  };
}

test('the old release stays warm, so that going back is there at once, however long a start takes', async () => {
  await platform.sluiceOk(['apps:create', 'warm']);
  const path = await platform.repository('warm', slowToStart('one'));
  await platform.gitOk(path, ['push', 'platform', 'main']);
  await platform.commit(path, slowToStart('two'));
  await platform.gitOk(path, ['push', '-o', 'now', 'platform', 'main']);
  const set = await platform.sluiceOk(['config:set', '--now', '-a', 'warm', 'GREETING=hi']);
  expect(set).toContain('v3 is live');
  expect(set).not.toContain('Canary');
  expect(await live('warm')).toBe('two v3');
  await runs('warm', ['web v2 warm', 'web v3 ready', 'worker v3 ready']);

  const stop = openLoop(platform.httpPort, `warm.localhost:${platform.httpPort}`, 40);
  const back = await platform.sluice(['rollback', '-a', 'warm', '--detach']);
  expect(back.stdout).toContain('Rollback to v2');
  expect(back.output).not.toContain('release command');
  await eventually('the warm release answers', async () => (await live('warm')) === 'two v2');
  await eventually('the new one has replicas of its own', async () => (await live('warm')) === 'two v4');
  // What was just gone back from is not kept, and neither is what was kept before.
  await runs('warm', ['web v4 ready', 'worker v4 ready']);
  const report = await stop();
  expect(report.failed).toEqual([]);
  expect(report.answered).toBe(report.sent);

  const far = await platform.sluice(['rollback', 'v1', '-a', 'warm']);
  expect(far.code, far.output).toBe(0);
  expect(far.output).toContain('the release command of v2 ran after v1 was made');
  expect(await live('warm')).toBe('one v5');
  const again = await platform.sluice(['rollback', 'v1', '-a', 'warm']);
  expect(again.code, again.output).toBe(1);
  expect(again.output).toContain('v5, which is live, has the image and the config of v1');
  const info = await platform.sluiceOk(['releases:info', 'v5', '-a', 'warm']);
  expect(info).toContain('Compared with\tv4');
  expect(info).toContain('Verdict\tRelease v5 is live');
});

test('with the budget of the disk used up a push is refused, and going back works', async () => {
  await platform.sluiceOk(['apps:create', 'full']);
  const path = await platform.repository('full', greeter('one'));
  await platform.gitOk(path, ['push', 'platform', 'main']);
  await platform.commit(path, greeter('two'));
  await platform.gitOk(path, ['push', 'platform', 'main']);
  platform.env['SLUICE_DISK_BUDGET'] = '1';
  try {
    await platform.restart('server');
    await eventually('it is measured', async () => {
      const { checks } = (await platform.api('/v1/doctor')) as { checks: { name: string; ok: boolean }[] };
      return checks.some(({ name, ok }) => name === 'disk budget' && !ok);
    });
    await platform.commit(path, greeter('three'));
    const push = await platform.git(path, ['push', 'platform', 'main']);
    expect(push.code, push.output).not.toBe(0);
    expect(push.output).toContain('the disk budget is used up');
    expect(await platform.sluiceOk(['rollback', '-a', 'full'])).toContain('v3 is live');
    expect(await live('full')).toBe('one  v=v3');
    expect(await platform.sluiceOk(['config:set', '-a', 'full', 'GREETING=hi'])).toContain('v4 is live');
    expect(await live('full')).toBe('one hi v=v4');
  } finally {
    delete platform.env['SLUICE_DISK_BUDGET'];
    await platform.restart('server');
    await platform.ready();
  }
});

/** Waits until the app runs these and nothing else, as `ps` shows them. */
async function runs(app: string, wanted: readonly string[]): Promise<void> {
  interface Shown {
    readonly type: string;
    readonly running: readonly { readonly release: number; readonly state: string }[];
  }
  await eventually(wanted.join(', '), async () => {
    const shown = JSON.parse(await platform.sluiceOk(['ps', '-a', app, '--json'])) as Shown[];
    const running = shown.flatMap(({ type, running: replicas }) =>
      replicas.map(({ release, state }) => `${type} v${release} ${state}`),
    );
    expect(running.toSorted()).toEqual(wanted.toSorted());
    return true;
  });
}

test('scale, restart, run, logs and domains do what they say', async () => {
  await platform.sluiceOk(['apps:create', 'tools']);
  const path = await platform.repository('tools', greeter('one'));
  await platform.gitOk(path, ['push', 'platform', 'main']);
  await platform.sluiceOk(['ps:scale', 'web=3', '-a', 'tools']);
  await eventually('three replicas are ready', async () => {
    const shown = await platform.sluiceOk(['ps', '-a', 'tools']);
    return (shown.match(/ready/g) ?? []).length === 3;
  });
  await platform.sluiceOk(['ps:restart', '-a', 'tools']);
  expect(await live('tools')).toBe('one  v=v1');
  const ran = await platform.sluice(
    ['run', '-a', 'tools', '--', 'sh', '-c', 'cat; echo $SLUICE_RELEASE; exit 7'],
    { input: 'from stdin\n' },
  );
  expect(ran.stdout).toBe('from stdin\nv1\n');
  expect(ran.code, ran.output).toBe(7);
  await platform.sluiceOk(['domains:add', 'www.example.test', '-a', 'tools']);
  await eventually(
    'the own domain answers',
    async () => (await platform.get('www.example.test')).status === 200,
  );
  await platform.sluiceOk(['domains:remove', 'www.example.test', '-a', 'tools']);
  await eventually('it is gone', async () => (await platform.get('www.example.test')).status === 404);
});

test('a destroyed app leaves nothing, and a new app of its name inherits nothing', async () => {
  await platform.sluiceOk(['apps:create', 'phoenix']);
  const path = await platform.repository('phoenix', greeter('old'));
  await platform.sluiceOk(['config:set', '-a', 'phoenix', 'SECRET_OF_OLD=x']);
  await platform.gitOk(path, ['push', 'platform', 'main']);
  const { id } = JSON.parse(await platform.sluiceOk(['apps:info', '-a', 'phoenix', '--json'])) as {
    id: string;
  };
  expect((await platform.sluice(['apps:destroy', '-a', 'phoenix', '--confirm', 'wrong'])).code).not.toBe(0);
  await platform.sluiceOk(['apps:destroy', '-a', 'phoenix', '--confirm', 'phoenix']);
  expect((await platform.git(path, ['push', 'platform', 'main'])).code).not.toBe(0);
  for (const kind of [
    ['ps', '-aq'],
    ['network', 'ls', '-q'],
    ['images', '-q'],
  ]) {
    await eventually(
      `nothing is left of docker ${kind[0]}`,
      async () => (await must('docker', [...kind, '--filter', `label=sluice.app=${id}`])).trim() === '',
    );
  }
  await platform.sluiceOk(['apps:create', 'phoenix']);
  expect(await platform.sluiceOk(['config', '-a', 'phoenix', '--json'])).not.toContain('SECRET_OF_OLD');
  expect((await platform.git(path, ['ls-remote', 'platform'])).stdout).toBe('');
});
