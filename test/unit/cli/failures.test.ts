import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeApi, Refused } from '../../support/cli/fake-api.ts';
import { invoke } from '../../support/cli/invoke.ts';
import { RunServer } from '../../support/cli/run-server.ts';

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.start();
});
afterEach(() => api.stop());

test.each([
  ['conifg:set A=b', '"conifg:set" is not a command of sluice', 'Did you mean: sluice config:set'],
  ['config ste A=b', 'config: too many arguments', 'Did you mean: sluice config:set'],
  ['help confg', '"confg" is not a command of sluice', 'Did you mean: sluice config'],
  ['xyzzy', '"xyzzy" is not a command of sluice', 'Type: sluice help'],
  ['apps --jsn', "unknown option '--jsn'", 'Did you mean: --json'],
  [
    'apps:create',
    'apps:create wants <name>',
    'Such as: sluice apps:create hello; more: sluice help apps:create',
  ],
  ['logs --since', '-s, --since wants <time> behind it', 'Type: sluice help logs'],
  ['rollouts:show v1 v2', 'rollouts:show: too many arguments', 'Type: sluice help rollouts:show'],
  ['config:set', 'nothing to set', 'Type: sluice config:set KEY=VALUE'],
  [
    'config:set A -a x',
    'argument 1 is not KEY=VALUE',
    'To set it: sluice config:set KEY=VALUE; to remove it: sluice config:unset KEY',
  ],
  [
    'config:set =b -a x',
    'argument 1 is not KEY=VALUE',
    'To set it: sluice config:set KEY=VALUE; to remove it: sluice config:unset KEY',
  ],
  ['config:set A=1 A=2 -a x', 'A is given twice', 'Type: sluice help config:set'],
  [
    'config:set PORT=1 -a x',
    'PORT: PORT and SLUICE_* are set by the platform',
    'Type: sluice help config:set',
  ],
  ['ps:scale web -a x', '"web" is not TYPE=COUNT', 'Such as: sluice ps:scale web=2'],
  ['ps:scale web=-1 -a x', '"web=-1" is not TYPE=COUNT', 'Such as: sluice ps:scale web=2'],
  ['rollback latest -a x', '"latest" will not do: a release is written v12', 'Type: sluice help rollback'],
  ['builds:log x -a x', '"x" will not do: a build is a number such as 41', 'Type: sluice help builds:log'],
  ['builds -n 0 -a x', '"0" will not do: a whole number from 1 to 10000', 'Type: sluice help builds'],
  [
    'access:add bob king -a x',
    '"king" will not do: a role is one of viewer, deployer, owner',
    'Type: sluice help access:add',
  ],
  [
    'domains:add nohost -a x',
    'host: a domain is a full lower-case host name such as www.example.com',
    'Type: sluice help domains:add',
  ],
  [
    'apps:info',
    'which app? This folder has no git remote "platform"',
    'Add -a NAME, or type: sluice git:remote -a NAME',
  ],
  ['apps --host -x', '"-x" is no platform address', 'Write it as ssh://sluice@host:port'],
  ['keys:add', 'there is no public key in ~/.ssh', 'Make one: ssh-keygen -t ed25519'],
])('sluice %s: misuse, exit 2, nothing is asked', async (argv, message, hint) => {
  const outcome = await invoke(argv.split(' '), { settings: { dataDir: api.dataDir } });
  expect(outcome).toEqual({ code: 2, stdout: '', stderr: ` !     ${message}\n !     ${hint}\n` });
  expect(api.asked).toEqual([]);
});

test.each([
  ['secrets:set', '=hunter22secret'],
  ['secrets:set', 'hunter22-secret'],
  ['secrets:set', 'hunter22/secret==', 'A=1'],
  ['secrets:set', '--from-file', 'hunter22-secret'],
  ['secrets:set', '--from-file', 'hunter22'],
  ['secrets:set', '--from-file', 'A=/dev/null', '--from-file', '=hunter22'],
  ['config:set', 'hunter22'],
  ['config:set', '=hunter22'],
  ['config:set', 'A=1', 'hunter22 secret=x'],
])('sluice %s %s: what may be a secret is not shown', async (...argv) => {
  for (const json of [[], ['--json']]) {
    const { code, stderr } = await invoke([...argv, '-a', 'x', ...json], {
      settings: { dataDir: api.dataDir },
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/argument \d|--from-file/);
    expect(stderr).not.toContain('hunter22');
  }
  expect(api.asked).toEqual([]);
});

test.each([
  [['apps:info', '-a', ''], '-a names no app: it is empty'],
  [['-a', '', 'logs'], '-a names no app: it is empty'],
  [['apps:destroy', '--app=', 'x'], '-a names no app: it is empty'],
  [['run', '-a', '', 'sh'], '-a names no app: it is empty'],
  [['apps', '--host', ''], '--host names no platform: it is empty'],
  [['apps:destroy', ''], 'argument 1 of apps:destroy is empty'],
  [['rollback', '', '-a', 'x'], '"" will not do: a release is written v12'],
  [['hooks:remove', '', '-a', 'x'], 'argument 1 of hooks:remove is empty'],
  [['hooks:deliveries', '', '-a', 'x'], 'argument 1 of hooks:deliveries is empty'],
  [['notify:remove', ''], 'argument 1 of notify:remove is empty'],
  [['tokens:revoke', ''], 'argument 1 of tokens:revoke is empty'],
  [['ps:restart', '', '-a', 'x'], 'argument 1 of ps:restart is empty'],
  [['config:unset', 'A', '', '-a', 'x'], 'argument 2 of config:unset is empty'],
])('%j: a variable that is not set is misuse', async (argv, message) => {
  const outcome = await invoke(argv, { settings: { dataDir: api.dataDir } });
  expect(outcome).toMatchObject({ code: 2, stdout: '' });
  expect(outcome.stderr).toMatch(/^ !     .*\n !     .*\n$/);
  expect(outcome.stderr).toContain(` !     ${message}\n`);
  expect(api.asked).toEqual([]);
});

test('an empty word of another program is its own', async () => {
  api.onRun((_, socket) => RunServer.on(socket).exit(7));
  const outcome = await invoke(['run', '-a', 'x', 'printf', ''], { settings: { dataDir: api.dataDir } });
  expect(outcome).toEqual({ code: 7, stdout: '', stderr: '' });
});

test('a refusal: exit 1, its facts, and every line of its hint', async () => {
  api.on(
    'listApps',
    () =>
      new Refused(403, 'no_access', 'bob may not\u001b[2J see', 'Ask alice\nor type: sluice keys', ['fact']),
  );
  expect(await invoke(['apps'], { settings: { dataDir: api.dataDir } })).toEqual({
    code: 1,
    stdout: '',
    stderr: ' !     bob may not see\n       fact\n !     Ask alice\n !     or type: sluice keys\n',
  });
});

test.each([
  ['no platform is named', {}, 'no platform is known here'],
  ['no server at the socket', { dataDir: '/nonexistent' }, '/nonexistent/run/server.sock does not answer'],
  ['nobody at the URL', { url: 'http://127.0.0.1:1', token: 't' }, 'http://127.0.0.1:1 was not reached'],
])('%s: exit 3', async (_, settings, message) => {
  const outcome = await invoke(['apps'], { settings });
  expect(outcome.code).toBe(3);
  expect(outcome.stderr).toContain(` !     ${message}`);
  expect(outcome.stderr.trim().split('\n').length).toBeGreaterThan(1);
});

test('something else answers at the address: exit 3, not a stack trace', async () => {
  api.on('listApps', (_, response) => void response.writeHead(502).end('<html>Bad gateway</html>'));
  const outcome = await invoke(['apps'], { settings: { dataDir: api.dataDir } });
  expect(outcome.code).toBe(3);
  expect(outcome.stderr).toContain('the answer (HTTP 502) is not one of a Sluice platform');
});

test('an answer of an older or newer platform: what it lacks is empty, what it has more is passed on', async () => {
  const bare = { id: 'abcdefghijkl', name: 'hello', colour: 'blue' };
  api.on('listApps', (_, response) => void response.end(JSON.stringify({ items: [bare] })));
  const settings = { dataDir: api.dataDir };
  expect((await invoke(['apps', '--json'], { settings })).stdout).toContain('"colour": "blue"');
  expect(await invoke(['apps'], { settings })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('hello') as string,
  });
  api.on('listApps', (_, response) => void response.end('{}'));
  expect((await invoke(['apps'], { settings })).code).toBe(0);
});

test('an answer that is something else altogether names both versions as the cause', async () => {
  api.on('listApps', (_, response) => void response.end('{"items":{"name":1}}'));
  const outcome = await invoke(['apps'], { settings: { dataDir: api.dataDir } });
  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toMatch(
    /does not understand the platform's answer to GET \/v1\/apps\n.*same version/,
  );
});

test('machines: the token goes with each request over HTTP(S), never in clear to another host', async () => {
  api.on('listApps', () => ({ items: [] }));
  const url = `http://127.0.0.1:${api.port}`;
  expect((await invoke(['apps'], { settings: { url, token: 'secret' } })).code).toBe(0);
  expect(api.asked[0]?.headers.authorization).toBe('Bearer secret');
  const clear = await invoke(['apps'], { settings: { url: 'http://192.0.2.1', token: 'secret' } });
  expect(clear).toMatchObject({ code: 2, stderr: expect.stringContaining('in clear') as string });
  const none = await invoke(['apps'], { settings: { url } });
  expect(none).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('SLUICE_TOKEN is not set') as string,
  });
});

test.each([
  [['--version'], 0, /^sluice \d+\.\d+\.\d+\n$/],
  [['version', '--json'], 0, /"version": "/],
  [[], 0, /Usage: sluice COMMAND/],
  [['help'], 0, /apps:create +Make an app/],
  [['help', 'config', 'set'], 0, /^Usage: sluice config:set \[options\] \[KEY=VALUE\.\.\.\]/],
  [['help', 'oom_killed'], 0, /^oom_killed: It used more memory.*\n\nLikely cause: .*\nTo mend it: /],
  [['config:set', '--help'], 0, /Examples:\n {2}\$ sluice config:set/],
])('sluice %j', async (argv, code, stdout) => {
  expect(await invoke(argv)).toEqual({ code, stdout: expect.stringMatching(stdout) as string, stderr: '' });
});
