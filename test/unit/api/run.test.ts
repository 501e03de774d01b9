import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { PERSON_HEADER } from '../../../core/contracts/internal.ts';
import { Refusal } from '../../../core/reason.ts';
import {
  ClientFrame,
  encodeFrame,
  encodeFrames,
  encodeJsonFrame,
  encodeRunHeader,
  FrameDecoder,
  RUN_HEADER,
  RUN_UPGRADE,
  ServerFrame,
} from '../../../core/run-frames.ts';
import { startPlatform } from './support/platform.ts';
import { responseOf, upgradeOf } from './support/raw-request.ts';
import { makeRelease } from './support/rows.ts';
import { askToRun, refusalOf, run, RunClient } from './support/run-client.ts';
import { steady } from './support/steady.ts';

async function shop({ live = true } = {}) {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  const app = platform.app('shop', olga);
  if (live) makeRelease(platform.store, app, { person: olga, live: true });
  return { platform, olga, app };
}

test('output, errors and the exit code come back, each as its own', async () => {
  const { platform, olga } = await shop();
  const client = await run(platform, ['sh', '-c', 'echo out; echo err >&2; exit 3'], { by: olga });
  await client.ended;
  expect(client.output(ServerFrame.stdout)).toBe('out\n');
  expect(client.output(ServerFrame.stderr)).toBe('err\n');
  expect(client.json(ServerFrame.exit)).toEqual({ code: 3, oomKilled: false });
  expect(client.frames.at(-1)?.type).toBe(ServerFrame.exit);
});

test('input goes in until its end, whole, however large', async () => {
  const { platform } = await shop();
  const client = await run(platform, ['sh', '-c', 'sleep 0.3; wc -c']);
  const input = Buffer.alloc(5 * 1024 * 1024, 'x');
  for (const frame of encodeFrames(ClientFrame.stdin, input)) {
    if (!client.socket.write(frame)) await once(client.socket, 'drain');
  }
  client.socket.write(encodeFrame(ClientFrame.stdinEnd));
  await client.ended;
  expect(client.output(ServerFrame.stdout).trim()).toBe(String(input.length));
});

test('frames that come with the request, or in pieces, are not lost', async () => {
  const { platform } = await shop();
  const socket = connect(platform.socketPath);
  const head = [
    'POST /v1/apps/shop/run HTTP/1.1',
    'Host: x',
    'Connection: Upgrade',
    `Upgrade: ${RUN_UPGRADE}`,
    `${RUN_HEADER}: ${encodeRunHeader({ command: ['cat'] })}`,
  ];
  const frames = Buffer.concat([
    encodeFrame(ClientFrame.stdin, Buffer.from('hello')),
    encodeFrame(ClientFrame.stdinEnd),
  ]);
  socket.write(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), frames.subarray(0, 3)]));
  socket.once('data', () => {
    for (const byte of frames.subarray(3)) socket.write(Buffer.from([byte]));
  });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk as Buffer)).once('end', () => socket.end());
  await once(socket, 'close');
  const answer = Buffer.concat(chunks);
  const end = answer.indexOf('\r\n\r\n') + 4;
  expect(answer.subarray(0, end).toString()).toMatch(/^HTTP\/1\.1 101 /);
  const answered = new FrameDecoder().push(answer.subarray(end));
  expect(answered.map(({ type, payload }) => [type, payload.toString()])).toEqual([
    [ServerFrame.stdout, 'hello'],
    [ServerFrame.exit, '{"code":0,"oomKilled":false}'],
  ]);
});

test('output is taken no faster than the client reads it', async () => {
  const { platform } = await shop();
  const upgraded = askToRun(platform, { command: ['sh', '-c', 'yes | head -c 50000000; echo done >&2'] });
  const { socket } = await upgradeOf(upgraded);
  socket.pause();
  expect(await steady(() => platform.workloads.outputTaken)).toBeLessThan(8_000_000);
  const client = new RunClient(socket);
  socket.resume();
  await client.ended;
  expect(client.output(ServerFrame.stdout)).toHaveLength(50_000_000);
  expect(client.output(ServerFrame.stderr)).toBe('done\n');
});

test('a client that leaves ends the command', async () => {
  const { platform } = await shop();
  for (const leave of [
    (client: RunClient) => client.socket.destroy(),
    (client: RunClient) => client.socket.end(),
  ]) {
    platform.workloads.ended = Promise.withResolvers();
    const client = await run(platform, ['sleep', '1000']);
    leave(client);
    expect(await platform.workloads.ended.promise).toBe('SIGKILL');
  }
  expect(platform.logged.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});

test('a client that leaves while its input waits to be read is noticed as well', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const { platform } = await shop();
  const client = await run(platform, ['sleep', '1000']);
  // More than the pipe and the server hold, so that the server reads no more.
  for (const frame of encodeFrames(ClientFrame.stdin, Buffer.alloc(8 * 1024 * 1024)))
    client.socket.write(frame);
  const unsent = () => client.socket.bytesWritten - client.socket.writableLength;
  await steady(unsent);
  client.socket.destroy();
  await vi.waitFor(() => {
    vi.advanceTimersByTime(10_000);
    expect(platform.workloads.killed).toBe(1);
  });
  expect(await platform.workloads.ended.promise).toBe('SIGKILL');
});

test('a client that leaves before the command has started ends it as well', async () => {
  const { platform } = await shop();
  const held = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const start = platform.workloads.run.bind(platform.workloads);
  vi.spyOn(platform.workloads, 'run').mockImplementation(async (...given) => {
    asked.resolve();
    await held.promise;
    return start(...given);
  });
  const upgraded = askToRun(platform, { command: ['sleep', '1000'] });
  upgraded.on('error', () => undefined);
  await asked.promise;
  upgraded.destroy();
  held.resolve();
  expect(await platform.workloads.ended.promise).toBe('SIGKILL');
});

test('a signal ends the command, and the client learns how', async () => {
  const { platform } = await shop();
  const client = await run(platform, ['sleep', '1000']);
  client.socket.write(encodeJsonFrame(ClientFrame.signal, { signal: 'SIGINT' }));
  await client.ended;
  expect(client.json(ServerFrame.exit)).toEqual({ code: 137, oomKilled: false });
});

test('the terminal has the size that was asked for, and takes a new one', async () => {
  const { platform } = await shop();
  const client = await run(platform, ['cat'], { tty: true, columns: 120, rows: 40 });
  client.socket.write(encodeJsonFrame(ClientFrame.resize, { columns: 80, rows: 24 }));
  client.socket.write(encodeFrame(ClientFrame.stdinEnd));
  await client.ended;
  const [{ command, spec } = {}] = platform.workloads.asked;
  expect(command).toEqual({
    key: expect.stringMatching(/^\w{16}$/),
    command: ['cat'],
    tty: true,
    columns: 120,
    rows: 40,
  });
  expect(spec).toMatchObject({ releaseNumber: 1, env: { SLUICE_RELEASE: 'v1' } });
  expect(platform.workloads.sizes).toEqual([[80, 24]]);
});

test.each([
  ['an unknown type', encodeFrame(9)],
  ['a length beyond the limit', Buffer.from([0, 0xff, 0xff, 0xff, 0xff])],
  ['a size that is none', encodeJsonFrame(ClientFrame.resize, { columns: 0, rows: 'many' })],
  ['a signal that is none', encodeJsonFrame(ClientFrame.signal, { signal: 'SIGSTOP' })],
])('%s ends the run with a reason', async (_, bytes) => {
  const { platform } = await shop();
  const client = await run(platform, ['sleep', '1000']);
  client.socket.write(bytes);
  await client.ended;
  expect(client.json(ServerFrame.error)).toMatchObject({ code: 'frame_invalid' });
  expect(await platform.workloads.ended.promise).toBe('SIGKILL');
});

test('when the engine fails during a run, the client gets a reason and the log the cause', async () => {
  const { platform } = await shop();
  const client = await run(platform, ['/no/such/program']);
  await client.ended;
  expect(client.json(ServerFrame.error)).toMatchObject({ code: 'internal_error' });
  expect(JSON.stringify(client.json(ServerFrame.error))).not.toContain('no/such');
  expect(platform.logged).toContainEqual(
    expect.objectContaining({ msg: 'a run broke off', errorId: expect.any(String) }),
  );
});

test('a run is journalled by its command line, without what it says', async () => {
  const { platform, olga, app } = await shop();
  const client = await run(platform, ['sh', '-c', 'exit 3', '; rm'], { by: olga });
  await client.ended;
  const id = expect.stringMatching(/^[a-z0-9]{16}$/);
  expect(platform.events()).toEqual([
    {
      action: 'run.start',
      person_id: olga.id,
      app_id: app.id,
      detail: { run: id, command: 'sh -c "exit 3" "; rm"', release: 1 },
    },
    {
      action: 'run.end',
      person_id: olga.id,
      app_id: app.id,
      detail: { run: id, ended: 'exited', code: 3, seconds: expect.any(Number) },
    },
  ]);
  const runs = platform.events().map(({ detail }) => (detail as { run: string }).run);
  expect(new Set(runs).size).toBe(1);
});

test('that a client left, or that nothing could be started, is journalled as the end of its run', async () => {
  const { platform, olga } = await shop();
  const ends = (): unknown[] =>
    platform.events().flatMap(({ action, detail }) => (action === 'run.end' ? [detail] : []));
  const client = await run(platform, ['sleep', '60'], { by: olga });
  client.socket.destroy();
  await vi.waitFor(() => expect(ends()).toMatchObject([{ ended: 'client-left' }]));
  vi.spyOn(platform.workloads, 'run').mockRejectedValueOnce(new Error('the engine is away'));
  expect((await refusalOf(platform, { command: ['true'] })).status).toBe(500);
  expect(ends()).toMatchObject([{ ended: 'client-left' }, { ended: 'not-started' }]);
});

test('neither its refusal, its error nor its row says a secret, not even half of one that is cut off', async () => {
  const { platform, olga, app } = await shop();
  const value = `top-${'s'.repeat(40)}-secret`;
  platform.store.configs.add(app, { PASSWORD: { value, secret: true } }, olga.id);
  vi.spyOn(platform.workloads, 'run').mockRejectedValueOnce(
    new Refusal(409, 'image_missing', `exec: ${value}: not found`, undefined, [`PASSWORD=${value}`]),
  );
  const command = ['echo', 'x'.repeat(480), value];
  expect((await refusalOf(platform, { command })).reason).toMatchObject({
    message: 'exec: [PASSWORD]: not found',
    detail: ['PASSWORD=[PASSWORD]'],
  });
  const { detail } = platform.events().find(({ action }) => action === 'run.start') ?? {};
  expect((detail as { command: string }).command).toMatch(/x \[PASSWORD\]$/);
  expect(JSON.stringify(platform.events())).not.toContain('top-');
  const { promise: exit, reject } = Promise.withResolvers<never>();
  const start = platform.workloads.run.bind(platform.workloads);
  vi.spyOn(platform.workloads, 'run').mockImplementationOnce(async (...asked) => ({
    ...(await start(...asked)),
    exit,
  }));
  const client = await run(platform, ['true'], { by: olga });
  reject(new Refusal(409, 'image_missing', `it said ${value}`));
  await client.ended;
  expect(client.json(ServerFrame.error)).toMatchObject({ message: 'it said [PASSWORD]' });
});

test('every refusal of a run is a problem, and nothing is started', async () => {
  const { platform, olga, app } = await shop();
  const command = { command: ['true'] };
  const vic = platform.person('vic', { in: app, role: 'viewer' });
  expect((await refusalOf(platform, command, { by: vic })).reason.code).toBe('role_too_low');
  expect((await refusalOf(platform, command, { by: platform.person('sam') })).reason.code).toBe(
    'app_not_found',
  );
  expect((await refusalOf(platform, command, { path: '/v1/apps/nope/run' })).reason.code).toBe(
    'app_not_found',
  );
  expect((await refusalOf(platform, command, { path: '/v1/apps/%zz/run' })).reason.code).toBe('invalid_path');
  for (const path of ['/v1/apps/shop/ps', '/v1/apps/shop/x/run', '/v1/apps//run', '/v1/apps/run', '/']) {
    expect((await refusalOf(platform, command, { path })).reason.code, path).toBe('route_not_found');
  }
  expect((await refusalOf(platform, command, { method: 'GET' })).reason.code).toBe('route_not_found');
  expect((await refusalOf(platform, { command: [] })).reason).toMatchObject({
    code: 'invalid_request',
    detail: [expect.stringMatching(/^command: /)],
  });
  for (const header of ['', '%%%', 'bm8ganNvbg', 'a'.repeat(12 * 1024 + 1)]) {
    expect((await refusalOf(platform, command, { header, by: olga })).reason.code).toBe('invalid_request');
  }
  expect(platform.workloads.asked).toEqual([]);
  expect(platform.events()).toEqual([]);
});

test('without a live release there is nothing to run in', async () => {
  const { platform } = await shop({ live: false });
  expect((await refusalOf(platform, { command: ['true'] })).reason).toMatchObject({
    code: 'nothing_live',
    hint: 'git push platform main',
  });
});

test('what the engine refuses is told as it is', async () => {
  const { platform } = await shop();
  vi.spyOn(platform.workloads, 'run').mockRejectedValueOnce(
    new Refusal(409, 'image_missing', 'the image is gone', 'sluice rollback'),
  );
  expect((await refusalOf(platform, { command: ['true'] })).reason.code).toBe('image_missing');
});

test('over TCP it takes a token', async () => {
  const { platform, olga } = await shop();
  const over = (token: string) =>
    request({
      port: platform.port,
      path: '/v1/apps/shop/run',
      method: 'POST',
      headers: {
        Connection: 'Upgrade',
        Upgrade: RUN_UPGRADE,
        [RUN_HEADER]: encodeRunHeader({ command: ['echo', 'hi'] }),
        [PERSON_HEADER]: olga.id,
        Authorization: `Bearer ${token}`,
      },
    }).end();
  const refused = await responseOf(over('wrong'));
  expect(refused.statusCode).toBe(401);
  refused.resume();
  const { socket, head } = await upgradeOf(over(platform.token(olga)));
  const client = new RunClient(socket, head);
  await client.ended;
  expect(client.output(ServerFrame.stdout)).toBe('hi\n');
});

test('without the upgrade, or with another one, the route says what it takes', async () => {
  const { platform, olga } = await shop();
  const plain = await platform
    .as(olga)
    .post('/v1/apps/shop/run')
    .send({ command: ['true'] })
    .expect(426);
  expect(plain.headers['upgrade']).toBe(RUN_UPGRADE);
  expect(plain.body.reason.code).toBe('upgrade_required');
  const other = await platform
    .as(olga)
    .get('/v1/me')
    .set('Connection', 'Upgrade')
    .set('Upgrade', 'h2c')
    .expect(200);
  expect(other.body.name).toBe('olga');
});
