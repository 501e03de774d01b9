import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClientFrame, decodeRunHeader, encodeFrame } from '../../../core/run-frames.ts';
import { Pty } from '../../support/cli/pty.ts';
import { sluice, start } from '../../support/cli/program.ts';
import { RunServer, cat } from '../../support/cli/run-server.ts';
import { startSshPlatform, type SshPlatform } from '../../support/cli/ssh-platform.ts';

let platform: SshPlatform;
let alice: Record<string, string>;

beforeAll(async () => {
  platform = await startSshPlatform();
  alice = { SLUICE_HOST: `ssh://sluice@127.0.0.1:${platform.port}`, SLUICE_SSH: platform.ssh };
});
afterAll(() => platform.stop());

function lastCommand(): unknown {
  return decodeRunHeader(String(platform.api.asked.at(-1)?.headers['x-sluice-run']));
}

test('a pipe goes through: echo x | sluice run cat', async () => {
  platform.api.onRun((_, socket) => cat(socket));
  const outcome = await sluice(['run', '-a', 'hello', 'cat', '-n', '--json'], alice, { input: 'x\n' });
  expect(outcome).toEqual({ code: 0, stdout: 'x\n', stderr: '' });
  expect(lastCommand()).toEqual({ command: ['cat', '-n', '--json'], tty: false });
});

test('megabytes of any bytes arrive as they were', async () => {
  platform.api.onRun((_, socket) => cat(socket));
  const input = Buffer.alloc(3_000_001, Buffer.from([0, 255, 10, 13, 27, 128])).toString('latin1');
  const outcome = await sluice(['run', '-a', 'hello', 'cat'], alice, { input });
  expect(outcome.code, outcome.stderr).toBe(0);
  expect(outcome.stdout).toBe(Buffer.from(input).toString());
});

test("stdout and stderr stay apart, and the exit code is the command's", async () => {
  platform.api.onRun((_, socket) => {
    const server = RunServer.on(socket);
    server.stdout('out\n');
    server.stderr('err\n');
    server.exit(42);
  });
  expect(await sluice(['run', '-a', 'hello', 'sh', '-c', 'exit 42'], alice)).toEqual({
    code: 42,
    stdout: 'out\n',
    stderr: 'err\n',
  });
});

test('killed for its memory: said aloud', async () => {
  platform.api.onRun((_, socket) => RunServer.on(socket).exit(137, true));
  const outcome = await sluice(['run', '-a', 'hello', 'hog'], alice);
  expect(outcome.code, outcome.stderr).toBe(137);
  expect(outcome.stderr).toContain(' !     The command was killed: it wanted more memory');
});

test('an error frame is a refusal, a line that ends before the command is not reached', async () => {
  platform.api.onRun((_, socket) =>
    RunServer.on(socket).error({
      code: 'image_gone',
      message: 'the image is gone',
      hint: 'Push again',
    }),
  );
  const refused = await sluice(['run', '-a', 'hello', 'ls'], alice);
  expect(refused).toEqual({ code: 1, stdout: '', stderr: ' !     the image is gone\n !     Push again\n' });
  platform.api.onRun((_, socket) => RunServer.on(socket).drop());
  const lost = await sluice(['run', '-a', 'hello', 'ls'], alice);
  expect(lost.code, lost.stderr).toBe(3);
  expect(lost.stderr).toContain('the connection ended before the command did');
});

test("an app that is not there: the platform's own words", async () => {
  const alone = await startSshPlatform();
  const outcome = await sluice(['run', '-a', 'nope', 'ls'], {
    SLUICE_HOST: `ssh://sluice@127.0.0.1:${alone.port}`,
    SLUICE_SSH: alone.ssh,
  });
  await alone.stop();
  expect(outcome).toEqual({ code: 1, stdout: '', stderr: ' !     there is no such app\n' });
});

test('Ctrl-C without a terminal is SIGINT for the command', async () => {
  platform.api.onRun((_, socket) => {
    const server = RunServer.on(socket, ({ type, payload }) => {
      if (type === ClientFrame.signal) {
        server.stdout(payload);
        server.exit(130);
      }
    });
    server.stdout('ready\n');
  });
  const child = start(['run', '-a', 'hello', 'sleep', '60'], alice);
  const closed = once(child, 'close');
  let output = '';
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    output += chunk.toString();
    if (output === 'ready\n') child.kill('SIGINT');
  }
  const [code] = (await closed) as [number];
  expect(output).toBe('ready\n{"signal":"SIGINT"}');
  expect(code).toBe(130);
});

test('on a terminal the command gets one, with its size; --no-tty gets none', async () => {
  platform.api.onRun((_, socket) => {
    const server = RunServer.on(socket);
    server.stdout('hi\n');
    // What the client does not know must not disturb it.
    socket.write(encodeFrame(99, Buffer.from('later')));
    server.exit(7);
  });
  const main = join(import.meta.dirname, '../../../cli/main.ts');
  const inTerminal = async (...options: string[]) => {
    const command = [process.execPath, main, 'run', '-a', 'hello', ...options, 'sh'].join(' ');
    const child = spawn('script', ['-qefc', `stty cols 100 rows 30; exec ${command}`, '/dev/null'], {
      env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', TERM: 'xterm', ...alice },
    });
    const closed = once(child, 'close') as Promise<[number]>;
    const output = await text(child.stdout);
    const [code] = await closed;
    return { code, output };
  };
  expect(await inTerminal()).toEqual({ code: 7, output: expect.stringContaining('hi') as string });
  expect(lastCommand()).toEqual({ command: ['sh'], tty: true, columns: 100, rows: 30 });
  expect((await inTerminal('--no-tty')).code).toBe(7);
  expect(lastCommand()).toEqual({ command: ['sh'], tty: false });
});

describe('on a terminal', () => {
  const main = join(import.meta.dirname, '../../../cli/main.ts');
  const onTerminal = () => new Pty([process.execPath, main, 'run', '-a', 'hello', 'sh'], alice);

  test('keys go to the command as they are pressed, Ctrl-C and Ctrl-D too; a new size is told; its exit code comes back', async () => {
    const typed: Buffer[] = [];
    platform.api.onRun((_, socket) => {
      const server = RunServer.on(socket, ({ type, payload }) => {
        if (type === ClientFrame.resize) server.stdout(`size ${payload.toString()};`);
        if (type !== ClientFrame.stdin) return;
        typed.push(payload);
        server.stdout(`got ${Buffer.concat(typed).toString('hex')};`);
        if (payload.includes(4)) server.exit(42);
      });
      server.stdout('ready;');
    });
    const terminal = onTerminal();
    await terminal.until((shown) => shown.includes('ready;'));
    terminal.type('a\u0003');
    await terminal.until((shown) => shown.includes('got 6103;'));
    terminal.resize(132, 50);
    await terminal.until((shown) => shown.includes('size {"columns":132,"rows":50};'));
    terminal.type('\u0004');
    expect(await terminal.end()).toEqual({ code: 42, cooked: true });
    // Nothing that was typed was echoed by this side: it is the command's to show.
    expect(terminal.shown).not.toContain('^C');
  });

  test('a line that is lost gives the terminal back as it was', async () => {
    const started = Promise.withResolvers<RunServer>();
    platform.api.onRun((_, socket) => {
      const server = RunServer.on(socket);
      server.stdout('ready;');
      started.resolve(server);
    });
    const terminal = onTerminal();
    await terminal.until((shown) => shown.includes('ready;'));
    (await started.promise).drop();
    expect(await terminal.end()).toEqual({ code: 3, cooked: true });
    expect(terminal.shown).toContain('the connection ended before the command did');
  });

  test('a window that is closed ends it here, and there the command has lost its line or hears a SIGHUP', async () => {
    const heard = Promise.withResolvers<void>();
    platform.api.onRun((_, socket) => {
      const server = RunServer.on(socket, ({ type }) => {
        if (type === ClientFrame.signal) heard.resolve();
      });
      socket.on('end', () => heard.resolve()).on('close', () => heard.resolve());
      server.stdout('ready;');
    });
    const terminal = onTerminal();
    await terminal.until((shown) => shown.includes('ready;'));
    terminal.hangUp();
    await heard.promise;
    expect((await terminal.end()).cooked).toBe(true);
  });
});

test('with --json each piece is a line, and the exit is the last', async () => {
  platform.api.onRun((_, socket) => {
    const server = RunServer.on(socket);
    server.stdout('out');
    server.exit(3);
  });
  const outcome = await sluice(['run', '--json', '-a', 'hello', 'x'], alice);
  expect(outcome.code, outcome.stderr).toBe(3);
  expect(
    outcome.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([{ stream: 'stdout', data: 'out' }, { exit: { code: 3, oomKilled: false } }]);
});
