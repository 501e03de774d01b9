import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { responseOf } from './support/raw-request.ts';
import { listen, type Listening } from '../../../server/http/listen.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-listen-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function serve(socketPath: string, answer: string): Promise<Listening> {
  const listening = await listen((_request, response) => response.end(answer), { socketPath });
  onTestFinished(() => listening.close());
  return listening;
}

async function ask(socketPath: string): Promise<string> {
  const asked = request({ socketPath, path: '/', agent: false });
  asked.end();
  return text(await responseOf(asked));
}

/** A server that was killed: its socket file stays behind. */
async function deadSocket(path: string): Promise<void> {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['-e', script]), 'close');
  expect(existsSync(path)).toBe(true);
}

test('the socket is for its owner alone, whatever the umask is', async () => {
  const path = join(folder(), 'server.sock');
  const before = process.umask(0);
  try {
    await serve(path, 'hello');
    expect(process.umask()).toBe(0);
  } finally {
    process.umask(before);
  }
  expect(lstatSync(path).mode & 0o777).toBe(0o600);
  expect(await ask(path)).toBe('hello');
});

test('nothing but the socket is in the folder, and nothing after the end', async () => {
  const run = folder();
  const listening = await listen((_request, response) => response.end(), {
    socketPath: join(run, 'server.sock'),
  });
  expect(readdirSync(run)).toEqual(['server.sock']);
  await listening.close();
  expect(readdirSync(run)).toEqual([]);
});

test('the socket of a server that was killed is replaced', async () => {
  const run = folder();
  const path = join(run, 'server.sock');
  await deadSocket(path);
  await serve(path, 'new');
  expect(await ask(path)).toBe('new');
  expect(readdirSync(run)).toEqual(['server.sock']);
});

test('a server that answers is left alone', async () => {
  const run = folder();
  const path = join(run, 'server.sock');
  await serve(path, 'first');
  await expect(serve(path, 'second')).rejects.toThrow(
    /another server answers at .*server\.sock; stop it first/,
  );
  expect(await ask(path)).toBe('first');
  expect(readdirSync(run)).toEqual(['server.sock']);
});

test('of many that start at once over a dead socket, one serves and the others know', async () => {
  for (let round = 0; round < 5; round++) {
    const run = folder();
    const path = join(run, 'server.sock');
    await deadSocket(path);
    const started = await Promise.allSettled(['a', 'b'].map((name) => serve(path, name)));
    const served = started.flatMap(({ status }, at) => (status === 'fulfilled' ? ['a', 'b'][at] : []));
    expect(served).toHaveLength(1);
    expect(await ask(path)).toBe(served[0]);
    expect(readdirSync(run)).toEqual(['server.sock']);
  }
});

test('a server that ends does not take away the socket of the next one', async () => {
  const path = join(folder(), 'server.sock');
  const old = await listen((_request, response) => response.end('old'), { socketPath: path });
  rmSync(path);
  await serve(path, 'next');
  await old.close();
  expect(await ask(path)).toBe('next');
});

test('what is no socket is left where it is', async () => {
  const run = folder();
  const path = join(run, 'server.sock');
  writeFileSync(path, 'kept');
  await expect(serve(path, 'hello')).rejects.toThrow(/is no socket; move it away/);
  expect(readFileSync(path, 'utf8')).toBe('kept');
  expect(readdirSync(run)).toEqual(['server.sock']);
});

test('a folder that is not there is an error', async () => {
  await expect(serve(join(folder(), 'none', 'server.sock'), '')).rejects.toThrow(/ENOENT|EACCES/);
});

test.each(['0.0.0.0', '::', '192.0.2.1', 'example.com', '127.0.0.1.example.com'])(
  'TCP at %s is refused',
  async (host) => {
    const path = join(folder(), 'server.sock');
    await expect(listen(() => undefined, { socketPath: path, tcp: { host, port: 0 } })).rejects.toThrow(
      /loopback addresses only/,
    );
    expect(existsSync(path)).toBe(false);
  },
);

test('when the TCP port is taken, the unix socket goes as well', async () => {
  const first = await listen((_request, response) => response.end(), {
    socketPath: join(folder(), 's'),
    tcp: { port: 0 },
  });
  onTestFinished(() => first.close());
  const path = join(folder(), 'server.sock');
  await expect(listen(() => undefined, { socketPath: path, tcp: { port: first.port ?? 0 } })).rejects.toThrow(
    'EADDRINUSE',
  );
  expect(existsSync(path)).toBe(false);
});

test('closing ends requests that are held open', async () => {
  const path = join(folder(), 'server.sock');
  const held = Promise.withResolvers<void>();
  const listening = await listen(() => held.resolve(), { socketPath: path });
  const asked = request({ socketPath: path, path: '/' });
  const failed = once(asked, 'error');
  asked.end();
  await held.promise;
  await listening.close();
  const [error] = await failed;
  expect((error as NodeJS.ErrnoException).code).toBe('ECONNRESET');
});
