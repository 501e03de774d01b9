import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { invoke } from '../../support/cli/invoke.ts';
import { TestServer } from '../../support/server.ts';

test('a secret from the command to the container and nowhere else: set, rotated, compared, with another master key', async () => {
  const server = await TestServer.start();
  const printed: string[] = [];
  const sluice = async (line: string, stdin = '') => {
    const outcome = await invoke(line.split(' '), {
      settings: { dataDir: join(server.folder, 'data') },
      stdin: new PassThrough().end(stdin),
    });
    printed.push(outcome.stdout, outcome.stderr);
    return outcome;
  };
  try {
    const app = await server.app('shop');
    const env = () => server.context.operations.liveSpec(app)?.env;
    expect(await sluice('secrets:set TOKEN -a shop', 'hidden-one\n')).toMatchObject({ code: 0 });
    expect(await sluice('config:import - -a shop', 'LOG_LEVEL=info\nMOTD="two\nlines"\n')).toMatchObject({
      code: 0,
    });
    await server.deploy(app, await server.commit(app, { Dockerfile: 'FROM busybox:1\n' }), 'image-1');
    expect(env()).toMatchObject({ TOKEN: 'hidden-one', LOG_LEVEL: 'info', MOTD: 'two\nlines' });
    expect((await sluice('config:set LOG_LEVEL=debug --no-release -a shop')).code).toBe(0);
    expect((await sluice('config -a shop')).stderr).toContain('Staged, not in v1: ~LOG_LEVEL');
    const rotated = await sluice('secrets:rotate TOKEN --now -a shop', 'hidden-two\n');
    expect(rotated).toMatchObject({ code: 0, stdout: expect.stringContaining('v2 is live') });
    expect(rotated.stdout).toMatch(/v1 is kept with the old value|Nothing runs with the old value/);
    expect(env()).toMatchObject({ TOKEN: 'hidden-two', LOG_LEVEL: 'debug' });
    expect((await sluice('master-key:rotate')).stdout).toContain('nothing needs the old one');
    expect((await sluice('releases:diff v1 v2 -a shop')).stdout).toBe(
      'config\tLOG_LEVEL\tchanged\tinfo\tdebug\nsecret\tTOKEN\tchanged\t(not shown)\t(not shown)\n',
    );
    expect((await sluice('config:export -a shop')).stdout).toBe("LOG_LEVEL=debug\nMOTD='two\nlines'\n");
    expect((await sluice('secrets:rotate TOKEN --generate --now -a shop')).code).toBe(0);
    expect(env()?.['TOKEN']).toMatch(/^[\w-]{43}$/);
    expect((await sluice('config:get TOKEN -a shop')).code).toBe(1);
    await sluice('secrets -a shop');
    expect(printed.join('')).not.toMatch(/hidden-/);
    expect(printed.join('')).not.toContain(env()?.['TOKEN']);
  } finally {
    await server.remove();
  }
});
