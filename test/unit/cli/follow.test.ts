import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Api } from '../../../cli/api/client.ts';
import { SocketTransport } from '../../../cli/api/http.ts';
import { followBuildLog } from '../../../cli/follow/build-log.ts';
import { FakeApi, Refused } from '../../support/cli/fake-api.ts';
import { invoke } from '../../support/cli/invoke.ts';
import {
  LIVE_NOW,
  TESTS_FAILED,
  app,
  build,
  failedBuild,
  release,
  releaseDetail,
} from '../../support/cli/samples.ts';

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.start();
  api
    .on('getBuild', () => build)
    .on('getRelease', () => releaseDetail)
    .on('getApp', () => app);
});
afterEach(() => api.stop());

const follow = () =>
  invoke(['builds:log', '41', '-f', '-a', 'hello'], { settings: { dataDir: api.dataDir } });

describe('builds:log -f', () => {
  test('a broken line is taken up at its byte, as often as it breaks', async () => {
    const log = 'one\ntwo\nthree\n';
    const offsets: number[] = [];
    api.on('getBuildLog', ({ query }, response) => {
      const offset = Number(query['offset']);
      offsets.push(offset);
      if (offset === 13) return void response.end(log.slice(13));
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.write(log.slice(offset, offset + 13 > 26 ? undefined : offset === 0 ? 5 : 13), () =>
        response.destroy(),
      );
    });
    const { code, stdout, stderr } = await follow();
    expect(offsets).toEqual([0, 5, 13]);
    expect(stdout).toBe(
      `${log}=====> v12 is live: http://hello.localhost:8000\n       Undo: sluice rollback -a hello\n`,
    );
    expect(stderr).toBe('-----> The connection was lost; going on where it broke\n'.repeat(2));
    expect(code).toBe(0);
  });

  test('no URL is told where web is scaled to 0, but how to scale it', async () => {
    api
      .on('getApp', () => ({ ...app, live: { ...app.live, webReplicas: 0 } }))
      .on('getBuildLog', (_, response) => void response.end('log\n'));
    expect((await follow()).stdout).toBe(
      'log\n=====> v12 is live, but no web replica runs\n       Start one: sluice ps:scale web=1 -a hello\n       Undo: sluice rollback -a hello\n',
    );
  });

  test('a stream that ends in good order before the build has is taken up, too', async () => {
    let looks = 0;
    api
      .on('getBuild', () => ({ ...build, state: looks++ === 0 ? 'building' : 'succeeded' }))
      .on(
        'getBuildLog',
        ({ query }, response) => void response.end(query['offset'] === '0' ? 'one\n' : 'two\n'),
      );
    const { code, stdout } = await follow();
    expect(stdout).toMatch(/^one\ntwo\n=====> v12 is live/);
    expect(code).toBe(0);
  });

  test('the SSH front alone, while the server starts again, counts as a lost line', async () => {
    let asked = 0;
    api.on('getBuildLog', (_, response) => {
      asked += 1;
      if (asked === 1) return new Refused(503, 'platform_unreachable', 'the server does not answer');
      response.end('log\n');
      return undefined;
    });
    expect((await follow()).code).toBe(0);
  });

  test('a build that failed: its reason, what stays live, exit 1', async () => {
    api.on('getBuild', () => failedBuild).on('getBuildLog', (_, response) => void response.end('boom\n'));
    expect(await follow()).toEqual({
      code: 1,
      stdout: 'boom\n',
      stderr: `${[...TESTS_FAILED, LIVE_NOW].join('\n')}\n`,
    });
  });

  test('a build that was superseded names the one that came after', async () => {
    const { reason: _reason, ...superseded } = failedBuild;
    api
      .on('getBuild', () => ({ ...superseded, state: 'superseded', supersededBy: 43 }))
      .on('getBuildLog', (_, response) => void response.end());
    expect(await follow()).toMatchObject({
      code: 1,
      stderr: ` !     Build 42 was superseded by build 43\n${LIVE_NOW}\n`,
    });
  });

  test('a release that was rolled back: exit 1 with its reason', async () => {
    const reason = { code: 'canary_worse', message: '5 % errors against 0.1 %' };
    api
      .on('getRelease', () => ({ ...releaseDetail, ...release, state: 'rolled-back', live: false, reason }))
      .on('getBuildLog', (_, response) => void response.end());
    const { code, stderr } = await follow();
    expect(code).toBe(1);
    expect(stderr).toContain(' !     v12 was rolled back\n !     5 % errors against 0.1 %\n');
  });

  test('a build that is not there is a refusal, not a lost line', async () => {
    api.on('getBuildLog', () => new Refused(404, 'build_unknown', 'hello has no build 41'));
    expect(await follow()).toEqual({ code: 1, stdout: '', stderr: ' !     hello has no build 41\n' });
  });

  test('Ctrl-C ends the watching only, and says how to go on with it: exit 130', async () => {
    api.on('getBuildLog', (_, response) => void response.write('one\n'));
    const interrupt = new AbortController();
    const outcome = await invoke(['builds:log', '41', '-f', '-a', 'hello'], {
      settings: { dataDir: api.dataDir },
      interrupt: interrupt.signal,
      onStdout: () => interrupt.abort(),
    });
    expect(outcome).toEqual({
      code: 130,
      stdout: 'one\n',
      stderr:
        ' !     Only the watching has ended: build 41 goes on\n !     Look again: sluice builds:log 41 -f -a hello\n',
    });
  });

  test('patience ends: exit 3', async () => {
    api.on('getBuildLog', (_, response) => void response.destroy());
    const client = new Api(new SocketTransport(api.socketPath));
    let lost = 0;
    const log = followBuildLog(
      client,
      { app: 'hello', number: 41 },
      { waits: [1, 2], total: 5 },
      () => (lost += 1),
    );
    await expect(log.next()).rejects.toMatchObject({ exit: 3 });
    expect(lost).toBe(3);
    client.close();
  });
});

describe('logs', () => {
  test('since a while ago, and only what is bad: all lines of that time are asked for', async () => {
    api.on('logs', (_, response) => void response.end());
    const settings = { dataDir: api.dataDir };
    await invoke(['logs', '--since', '10m', '--level', 'error', '-a', 'hello'], { settings });
    expect(api.asked.at(-1)?.query).toEqual({
      tail: '10000',
      follow: 'false',
      since: '2026-11-21T09:50:00.000Z',
      level: 'error',
    });
  });

  test.each([
    ['--since yesterday', '"yesterday" is no time'],
    ['--level loud', '"loud" will not do: a level is one of debug, info, warn, error'],
  ])('logs %s is misuse', async (options, message) => {
    const outcome = await invoke(['logs', ...options.split(' '), '-a', 'hello'], {
      settings: { dataDir: api.dataDir },
    });
    expect(outcome).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(` !     ${message}\n`) as string,
    });
  });

  const entry = (second: number, text: string, source = 'web.1') =>
    `${JSON.stringify({ at: `2026-11-21T09:00:0${second}.000Z`, release: 12, source, text })}\n`;

  test('the query is what the options say', async () => {
    api.on('logs', (_, response) => void response.end(entry(1, 'hi')));
    const { stdout } = await invoke(['logs', '-n', '5', '-p', 'web', '-r', 'v12', '-a', 'hello'], {
      settings: { dataDir: api.dataDir },
    });
    expect(api.asked[0]?.query).toEqual({ tail: '5', follow: 'false', process: 'web', release: '12' });
    expect(stdout).toBe('2026-11-21T09:00:01.000Z v12 web.1: hi\n');
  });

  test('the source has a colour on a terminal only, and an app does not reach the terminal itself', async () => {
    const line = entry(1, '\u001b[31mred\u001b[2J\u001b]0;title\u0007');
    api.on('logs', (_, response) => void response.end(line));
    const run = (colour: boolean, interactive: boolean) =>
      invoke(['logs', '-a', 'hello'], { settings: { dataDir: api.dataDir }, colour, interactive });
    const head = '2026-11-21T09:00:01.000Z v12 ';
    expect((await run(true, true)).stdout).toMatch(
      /v12 \u001b\[\d+mweb\.1\u001b\[0m: \u001b\[31mred\u001b\[0m\n$/,
    );
    expect((await run(false, true)).stdout).toBe(`${head}web.1: red\n`);
    expect((await run(false, false)).stdout).toBe(
      `${head}web.1: \u001b[31mred\u001b[2J\u001b]0;title\u0007\n`,
    );
  });

  test('after a lost connection each line is given once', async () => {
    let asked = 0;
    api.on('logs', (_, response) => {
      asked += 1;
      response.writeHead(200);
      const before = entry(1, 'a') + entry(2, 'b') + entry(2, 'c');
      if (asked === 1) return void response.write(before, () => response.destroy());
      if (asked === 2)
        return void response.write(before + entry(2, 'd') + entry(3, 'e'), () => response.end());
      response.destroy();
      return undefined;
    });
    const seen: string[] = [];
    let finished: (() => void) | undefined;
    const all = new Promise<void>((resolve) => (finished = resolve));
    const running = invoke(['logs', '-f', '-a', 'hello'], {
      settings: { dataDir: api.dataDir },
      onStdout: (text) => {
        seen.splice(
          0,
          seen.length,
          ...text
            .trim()
            .split('\n')
            .map((line) => line.slice(-1)),
        );
        if (seen.includes('e')) finished?.();
      },
    });
    await all;
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(api.asked.map(({ query }) => query['tail'])).toEqual(['100', '1000']);
    // What the stream is ended with now is a refusal, as when the app has been destroyed.
    api.on('logs', () => new Refused(404, 'app_unknown', 'hello is gone'));
    expect((await running).code).toBe(1);
  });
});

test('doctor: each check that fails has the command that mends it, and the exit code is 1', async () => {
  api.on('doctor', () => ({
    checks: [{ name: 'redis', ok: false, message: 'does not answer', fix: 'systemctl start redis' }],
  }));
  const settings = { dataDir: api.dataDir };
  const { code, stdout } = await invoke(['doctor'], { settings });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^ok\tgit\t2\./);
  expect(stdout).toContain('ok\tplatform\tanswers\t\nFAILS\tredis\tdoes not answer\tsystemctl start redis\n');
  api.on('doctor', () => ({ checks: [] }));
  expect((await invoke(['doctor'], { settings })).code).toBe(0);
  const nowhere = await invoke(['doctor']);
  expect(nowhere.code).toBe(1);
  expect(nowhere.stdout).toContain('FAILS\tplatform address\tno platform is known here\tName it: --host');
});
