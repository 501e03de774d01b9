import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { ReleaseSpec } from '../../engines/port.ts';
import { COMMANDS } from '../contract/behaviours.ts';
import { allReady, until } from '../contract/workloads.ts';
import { tryKubectl } from '../support/cluster.ts';
import { TestApps } from './support/apps.ts';

describe('what an app can do in the cluster', () => {
  const apps = new TestApps();

  async function ran(spec: ReleaseSpec, script: string): Promise<string> {
    const one = await apps.fixture.workloads.run(spec, {
      key: 'look',
      command: ['/bin/sh', '-c', script],
      tty: false,
    });
    one.stderr?.resume();
    one.stream.end();
    const output = await text(one.stream);
    await one.exit;
    return output;
  }

  it('runs as the user of its image, without rights, token or names of other Services', async () => {
    const script =
      'id -u; grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status; ls /var/run/secrets; env | grep -c KUBERNETES_';
    const output = await ran(apps.web(COMMANDS.healthy, 1), script);
    expect(output.split(/\s+/)).toEqual([
      '1000',
      'CapEff:',
      '0000000000000000',
      'NoNewPrivs:',
      '1',
      'Seccomp:',
      '2',
      // Of the API server, which Kubernetes tells every pod; nothing else.
      expect.stringMatching(/^\d+$/),
      '',
    ]);
  });

  it('has a namespace that refuses what is more than `restricted`', async () => {
    const spec = apps.web(COMMANDS.healthy, 1);
    await apps.fixture.workloads.prepareApp(spec.app);
    const tried = await tryKubectl([
      'run',
      'strong',
      '--image=busybox:1',
      '--privileged',
      `--namespace=${apps.namespaceOf(spec)}`,
    ]);
    expect(tried.code, tried.output).not.toBe(0);
    expect(tried.output).toContain('violates PodSecurity "restricted:latest"');
  });

  it('has no right to anything in the API', async () => {
    const spec = apps.web(COMMANDS.healthy, 1);
    await apps.fixture.workloads.prepareApp(spec.app);
    const as = `system:serviceaccount:${apps.namespaceOf(spec)}:app`;
    const asked = await tryKubectl([
      'auth',
      'can-i',
      'get',
      'secrets',
      '--namespace',
      apps.namespaceOf(spec),
      '--as',
      as,
    ]);
    expect(asked.stdout.trim()).toBe('no');
  });

  it('leaves nothing behind, not even its namespace, when it is removed', async () => {
    const spec = apps.web(COMMANDS.healthy, 2);
    const { workloads } = apps.fixture;
    await workloads.ensure(spec);
    await until(workloads, spec.app.id, allReady(2));
    await workloads.removeApp(spec.app.id);
    const asked = await tryKubectl(['get', 'namespace', apps.namespaceOf(spec)]);
    expect(asked.output).toContain('NotFound');
  });
});

describe('one-off commands in the cluster', () => {
  const apps = new TestApps();

  it('gives a terminal of the size that was asked for, and loses nothing', async () => {
    const { workloads } = apps.fixture;
    const one = await workloads.run(apps.web(COMMANDS.healthy, 1), {
      key: 'terminal',
      command: ['/bin/sh', '-c', 'stty size; read -r line; echo "got $line"'],
      tty: true,
      columns: 101,
      rows: 31,
    });
    expect(one.stderr).toBeUndefined();
    let output = '';
    for await (const chunk of one.stream) {
      output += String(chunk);
      if (output.endsWith('101\r\n')) one.stream.write('hello\n');
    }
    expect(output).toBe('31 101\r\nhello\r\ngot hello\r\n');
    expect(await one.exit).toEqual({ code: 0, oomKilled: false });
  });

  it('passes on much in both directions', async () => {
    const { workloads } = apps.fixture;
    const one = await workloads.run(apps.web(COMMANDS.healthy, 1), {
      key: 'much',
      command: ['cat'],
      tty: false,
    });
    one.stderr?.resume();
    const sent = Buffer.alloc(8 * 1024 * 1024, 'sluice\n');
    one.stream.end(sent);
    const received: Buffer[] = [];
    for await (const chunk of one.stream) received.push(chunk as Buffer);
    expect(Buffer.concat(received).equals(sent)).toBe(true);
    expect((await one.exit).code).toBe(0);
  });

  it('says that a command used more than its memory, or was not found', async () => {
    const { workloads } = apps.fixture;
    const spec = apps.web(COMMANDS.healthy, 1);
    const run = async (key: string, ...command: string[]) => {
      const one = await workloads.run(spec, { key, command, tty: false });
      one.stream.resume();
      one.stderr?.resume();
      return one.exit;
    };
    expect(await run('fills', 'tail', '-c', '200m', '/dev/zero')).toEqual({ code: 137, oomKilled: true });
    expect(await run('none', 'no-such-program')).toEqual({ code: 127, oomKilled: false });
  });

  it('begins a Procfile command anew that a server before prepared, and did not live to begin', async () => {
    const { fixture } = apps;
    await fixture.removals.over();
    const spec = apps.web(COMMANDS.healthy, 1);
    const once = { key: 'release-1', command: 'exec sleep 3600', tty: false };
    const one = await fixture.workloads.run(spec, once);
    one.stream.resume();
    one.stderr?.resume();
    // As if its server had died before it could note that the command began.
    await apps.kubectl(spec, 'annotate', 'jobs', '--all', 'sluice.dev/begun-');
    const another = fixture.reopen();
    expect(await another.findOneOff(spec.app.id, once.key)).toEqual({ state: 'unbegun' });
    expect(await one.exit).toMatchObject({ code: 137 });
    const anew = await another.run(spec, { ...once, command: 'exit 3' });
    anew.stream.resume();
    anew.stderr?.resume();
    expect((await anew.exit).code).toBe(3);
    expect(await another.findOneOff(spec.app.id, once.key)).toEqual({ state: 'exited', code: 3 });
    await expect(another.run(spec, once)).rejects.toMatchObject({ reason: { code: 'one_off_exists' } });
    await another.close();
  });
});
