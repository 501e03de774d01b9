import { describe, expect, test } from 'vitest';
import { sshArgv, sshProgram } from '../../../cli/api/ssh-command.ts';
import { requestPath } from '../../../cli/api/url.ts';
import { formatAddress, parseAddress, parseRemote } from '../../../cli/platform/address.ts';

const ssh = (user: string, host: string, port?: number) => ({ kind: 'ssh' as const, user, host, port });

describe("a platform's address", () => {
  test.each([
    ['ssh://sluice@paas.example.com:2222', ssh('sluice', 'paas.example.com', 2222)],
    ['ssh://paas.example.com', ssh('sluice', 'paas.example.com')],
    ['git@paas:2222', ssh('git', 'paas', 2222)],
    ['paas', ssh('sluice', 'paas')],
    ['ssh://sluice@[::1]:2222', ssh('sluice', '::1', 2222)],
    ['https://sluice.example.com', { kind: 'https', url: 'https://sluice.example.com' }],
  ])('%s', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
  });

  test.each([
    '',
    'ftp://x',
    'ssh://-oProxyCommand=x/',
    '-oProxyCommand=x',
    'ssh://-x@host',
    'ssh://',
    'a b',
    'ssh://h:99999',
  ])('%j is refused as misuse', (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ exit: 2 }) as Error);
  });

  test('it is written as git reads it', () => {
    expect(formatAddress(ssh('sluice', '::1', 22))).toBe('ssh://sluice@[::1]:22');
    expect(formatAddress(ssh('sluice', 'paas'))).toBe('ssh://sluice@paas');
  });
});

describe("a remote's URL", () => {
  test.each([
    ['ssh://sluice@paas:2222/hello.git', ssh('sluice', 'paas', 2222), 'hello'],
    ['ssh://sluice@paas:2222/hello', ssh('sluice', 'paas', 2222), 'hello'],
    ['ssh://sluice@paas/hello.git/', ssh('sluice', 'paas'), 'hello'],
    ['sluice@paas:hello.git', ssh('sluice', 'paas'), 'hello'],
    ['paas:hello', ssh('sluice', 'paas'), 'hello'],
    ['sluice@[::1]:hello', ssh('sluice', '::1'), 'hello'],
  ])('%s', (url, address, app) => {
    expect(parseRemote(url)).toEqual({ address, app });
  });

  test.each([
    'https://github.com/a/b.git',
    '/srv/git/hello',
    'file:///x',
    'ssh://-oProxyCommand=x/hello',
    '-x:hello',
    'ssh://paas/',
  ])('%s is none of ours', (url) => {
    expect(parseRemote(url)).toBeUndefined();
  });
});

describe('the argv of ssh', () => {
  test('options come before the host, and the command is one word', () => {
    const argv = sshArgv({ ssh: undefined, quiet: false }, ssh('sluice', 'paas', 2222), 'sluice-api');
    expect(argv[0]).toBe('ssh');
    expect(argv).toContain('-T');
    expect(argv.slice(-5)).toEqual(['-p', '2222', '--', 'sluice@paas', 'sluice-api']);
    expect(argv.join(' ')).not.toContain('BatchMode');
  });

  test("without a port the person's ssh config decides", () => {
    expect(sshArgv({ ssh: undefined, quiet: false }, ssh('sluice', 'paas'), 'sluice-api')).not.toContain(
      '-p',
    );
  });

  test.each([
    ['ssh -F /a/b', ['ssh', '-F', '/a/b']],
    ['"/opt/my ssh/ssh" -i \'a b\'', ['/opt/my ssh/ssh', '-i', 'a b']],
    ['ssh -o ProxyCommand="nc %h %p"', ['ssh', '-o', 'ProxyCommand=nc %h %p']],
    ['ssh $(touch x); y', ['ssh', '$(touch', 'x);', 'y']],
  ])('SLUICE_SSH=%s', (setting, words) => {
    expect(sshProgram(setting)).toEqual(words);
  });
});

describe('paths of requests', () => {
  test('parameters are encoded, nothing undefined is asked', () => {
    expect(
      requestPath(
        '/v1/apps/{app}/builds/{number}/log',
        { app: 'a/b?c', number: 41 },
        { offset: 0, follow: true },
      ),
    ).toBe('/v1/apps/a%2Fb%3Fc/builds/41/log?offset=0&follow=true');
    expect(requestPath('/v1/apps', {}, { cursor: undefined, limit: 20 })).toBe('/v1/apps?limit=20');
  });

  test('dots do not climb', () => {
    expect(requestPath('/v1/apps/{app}', { app: '..' }, {})).toBe('/v1/apps/%2E%2E');
  });
});
