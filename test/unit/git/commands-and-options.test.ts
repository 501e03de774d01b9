import { describe, expect, test } from 'vitest';
import { isPublic } from '../../../server/git/api-proxy.ts';
import { parseCommand } from '../../../server/git/command.ts';
import { gitEnvironment } from '../../../server/git/git-command.ts';
import { HookRecordsReader } from '../../../server/git/hook-records.ts';
import { parsePushOptions } from '../../../server/git/push-options.ts';
import { refuse, REFUSALS } from '../../../server/git/refusals.ts';
import { bytesShown } from '../../../core/bytes.ts';

describe('SSH commands', () => {
  test.each([
    ["git-receive-pack 'hello'", 'git-receive-pack', 'hello'],
    ["git-receive-pack '/hello.git'", 'git-receive-pack', 'hello'],
    ["git-upload-pack '~/hello'", 'git-upload-pack', 'hello'],
    ["git upload-pack '/my-app/'", 'git-upload-pack', 'my-app'],
    ['git-upload-pack hello', 'git-upload-pack', 'hello'],
  ])('%s', (line, service, app) => {
    expect(parseCommand(line)).toEqual({ kind: 'git', service, app });
  });

  test.each([
    ["logs -a 'shop'", ['-a', 'shop']],
    ['logs -a "shop" -f', ['-a', 'shop', '-f']],
    [`logs\t--app='sh'"op"  `, ['--app=shop']],
    ["logs -a ''", ['-a', '']],
    ['logs #41', ['#41']],
  ])('%s', (line, words) => {
    expect(parseCommand(line)).toEqual({ kind: 'verb', verb: 'logs', words });
  });

  test('sluice-api', () => {
    expect(parseCommand('sluice-api')).toEqual({ kind: 'api' });
  });

  test.each([
    '',
    'sh',
    'sluice-api x',
    'git-receive-pack',
    "git-receive-pack ''",
    "git-receive-pack '../etc'",
    "git-receive-pack 'a/b'",
    "git-receive-pack 'a' 'b'",
    "git-receive-pack 'a';sh",
    "git-receive-pack 'a\nb'",
    'git-receive-pack $(sh)',
    "git-receive-pack --x 'a'",
    "git-receive-pack '-a'",
    "git-receive-pack 'a",
    "logs -a 'shop",
    "logs -a 'my shop'",
    'logs -a "$SHOP"',
    'logs -a $SHOP',
    'logs -a `shop`',
    'logs -a sh\\op',
    'logs -a shop; reboot',
    'logs -a shop | sh',
    'logs -a shop\nhelp',
    "logs -a 'shop\n'",
    "logs -a '../shop'",
    '__proto__',
    "''",
    "git-upload-archive 'a'",
    `git-receive-pack '${'a'.repeat(2_000)}'`,
  ])('%j is refused', (line) => {
    expect(parseCommand(line).kind).toBe('refused');
  });
});

describe('push options', () => {
  const none = { wait: 'live', detach: false, now: false, noCache: false, supersede: false };

  test.each([
    [[], none],
    [['wait=build'], { ...none, wait: 'build' }],
    [
      ['detach', 'now', 'no-cache', 'supersede'],
      { ...none, detach: true, now: true, noCache: true, supersede: true },
    ],
    [['reason=a = b'], { ...none, reason: 'a = b' }],
  ])('%j', (given, options) => {
    expect(parsePushOptions(given)).toEqual({ options });
  });

  test.each([
    ['', 'unknown_push_option'],
    ['ci.skip', 'unknown_push_option'],
    ['constructor', 'unknown_push_option'],
    ['toString=1', 'unknown_push_option'],
    ['wait', 'malformed_push_option'],
    ['wait=', 'malformed_push_option'],
    ['now=1', 'malformed_push_option'],
    ['reason', 'malformed_push_option'],
    ['reason=', 'malformed_push_option'],
    [`reason=${'x'.repeat(501)}`, 'malformed_push_option'],
    ['reason=a\u001b[31m', 'malformed_push_option'],
  ])('%j is refused as %s', (option, code) => {
    expect(parsePushOptions(['now', option])).toMatchObject({ refusal: { code } });
  });
});

describe('what a hook tells', () => {
  const A = 'a'.repeat(40);

  test('is read byte by byte, with options of any kind', () => {
    const bytes = Buffer.from(`/q\0/alt\0=now\0=two\nlines\0=\0\0${A} ${A} refs/heads/x y\0\0`);
    const reader = new HookRecordsReader();
    const read = [...bytes]
      .map((byte) => reader.push(Buffer.from([byte])))
      .filter((records) => records !== undefined);
    expect(read).toEqual([
      {
        objectDirectory: '/q',
        alternates: '/alt',
        options: ['now', 'two\nlines', ''],
        commands: [{ old: A, next: A, ref: 'refs/heads/x y' }],
      },
    ]);
  });

  test('may leave both folders empty', () => {
    expect(new HookRecordsReader().push(Buffer.from(`\0\0\0${A} ${A} r\0\0`))).toMatchObject({
      objectDirectory: '',
      options: [],
      commands: [{ ref: 'r' }],
    });
  });
});

describe('paths of the API', () => {
  test.each(['/v1/apps', '/v1/apps?x=/../y', '/v1/keys/SHA256%3Aabc%2B'])('%s is public', (path) => {
    expect(isPublic(path)).toBe(true);
  });
  test.each([
    undefined,
    '',
    '/',
    '/v1',
    '/v10/x',
    '/internal',
    '/v1/..',
    '/v1/./x',
    '/v1/%2E%2e/internal',
    '/v1/a%2fb',
    '/v1/a\\..',
    '//v1/x',
    '*',
  ])('%s is not', (path) => {
    expect(isPublic(path)).toBe(false);
  });
});

test('only a plain protocol version reaches git', () => {
  expect(gitEnvironment('/bin', 'version=2')['GIT_PROTOCOL']).toBe('version=2');
  for (const bad of [undefined, 'version=3', 'version=2:x=y', 'version=2\n']) {
    expect(gitEnvironment('/bin', bad)).not.toHaveProperty('GIT_PROTOCOL');
  }
});

describe('refusals', () => {
  test('every one says what to type next', () => {
    for (const [code, { message, hint }] of Object.entries(REFUSALS)) {
      expect(code).toMatch(/^[a-z][a-z0-9_]*$/);
      for (const text of [message, hint]) expect(text).not.toBe('');
    }
  });

  test('a value that is missing is a fault of ours', () => {
    expect(() => refuse('deletion')).toThrow('needs a value for ref');
  });

  test.each([
    [999, '999 bytes'],
    [1_500_000, '1.5 MB'],
    [Infinity, 'far too many bytes'],
  ])('%d bytes are shown as %s', (bytes, shown) => {
    expect(bytesShown(bytes)).toBe(shown);
  });
});
