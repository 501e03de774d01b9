import { describe, expect, test } from 'vitest';
import { Refusal } from '../../../core/reason.ts';
import { submoduleAddress } from '../../../server/tree/submodules/address.ts';
import { fetchArguments } from '../../../server/tree/submodules/fetch-process.ts';
import { pinnedAddresses } from '../../../server/tree/submodules/pin.ts';
import { isPublicAddress } from '../../../server/hosts/public-address.ts';

describe('public addresses', () => {
  test.each([
    '8.8.8.8',
    '1.1.1.1',
    '172.15.255.255',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '2a00:1450::1',
  ])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:8.8.8.8',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'ff02::1',
    '2001:db8::1',
    '2001::1',
    '2002:7f00:1::',
    'localhost',
    '',
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('URLs of .gitmodules', () => {
  test.each([
    ['https://example.com/a/b.git', undefined, { host: 'example.com', port: 443, listed: false }],
    ['https://EXAMPLE.com:8443/a', undefined, { host: 'example.com', port: 8443, listed: false }],
    ['https://git.lan/a', ['git.lan'], { host: 'git.lan', port: 443, listed: true }],
    ['https://git.lan:8443/a', ['git.lan:8443'], { host: 'git.lan', port: 8443, listed: true }],
    ['http://127.0.0.1:3000/a', ['http://127.0.0.1:3000'], { host: '127.0.0.1', port: 3000, listed: true }],
    ['https://[::1]/a', ['[::1]'], { host: '::1', port: 443, listed: true }],
  ])('%s with %j may be asked', (url, allow, expected) => {
    expect(submoduleAddress('lib', url, allow)).toMatchObject(expected);
  });

  test('a host that hides an address is seen as that address', () => {
    expect(submoduleAddress('lib', 'https://0x7f.1/a', undefined)).toMatchObject({
      host: '127.0.0.1',
      url: 'https://127.0.0.1/a',
    });
  });

  test.each([
    [
      '../b.git',
      undefined,
      'its URL "../b.git" is relative',
      'write the whole URL: `git submodule set-url lib https://…`',
    ],
    ['./b', ['b'], 'its URL "./b" is relative', 'write the whole URL: `git submodule set-url lib https://…`'],
    [
      'git@github.com:a/b.git',
      undefined,
      'its URL "git@github.com:a/b.git" is not https',
      '`git submodule set-url lib https://github.com/a/b.git`',
    ],
    [
      'ssh://git@example.com:22/a/b',
      undefined,
      'its URL "ssh://git@example.com:22/a/b" is not https',
      '`git submodule set-url lib https://example.com/a/b`',
    ],
    ['/srv/b.git', undefined, 'its URL "/srv/b.git" is not https', '`git submodule set-url lib https://…`'],
    [
      'file:///etc',
      ['file:///etc'],
      'its URL "file:///etc" is not https',
      '`git submodule set-url lib https://…`',
    ],
    [
      'ext::sh -c id',
      undefined,
      'its URL "ext::sh -c id" is not https',
      '`git submodule set-url lib https://…`',
    ],
    [
      '--upload-pack=x',
      undefined,
      'its URL "--upload-pack=x" is not https',
      '`git submodule set-url lib https://…`',
    ],
    ['', undefined, 'its URL "" is not https', '`git submodule set-url lib https://…`'],
    [
      'http://example.com/a',
      undefined,
      '"http://example.com/a" is not https',
      '`git submodule set-url lib https://example.com/a`',
    ],
    [
      'http://example.com/a',
      ['example.com'],
      '"http://example.com/a" is not https',
      '`git submodule set-url lib https://example.com/a`',
    ],
    [
      'https://u:p@example.com/a',
      undefined,
      'its URL holds a user name or a password',
      'only repositories that anyone may read; take it out of .gitmodules',
    ],
    [
      'https://example.com./a',
      undefined,
      'the host of "https://example.com./a" ends with a dot',
      'write it without',
    ],
    ['https://example.com/a#b', undefined, 'its URL holds a #', 'the URL of a repository ends before the #'],
    [
      'https://other.com/a',
      ['git.lan'],
      'other.com is not a host that the admin allows',
      'allowed: git.lan; the admin can add other.com to SLUICE_SUBMODULE_HOSTS, or commit the files themselves',
    ],
    [
      'https://git.lan:444/a',
      ['git.lan'],
      'git.lan:444 is not a host that the admin allows',
      'allowed: git.lan; the admin can add git.lan:444 to SLUICE_SUBMODULE_HOSTS, or commit the files themselves',
    ],
    [
      'https://a.com/a',
      [],
      'a.com is not a host that the admin allows',
      'allowed: none; the admin can add a.com to SLUICE_SUBMODULE_HOSTS, or commit the files themselves',
    ],
  ])('%s with %j is refused', (url, allow, why, hint) => {
    expect(refusalOf(() => submoduleAddress('lib', url, allow))).toEqual({
      code: 'submodule_refused',
      message: `Submodule lib: ${why}`,
      hint,
    });
  });
});

describe('pinning', () => {
  test('a name that resolves to this machine is refused, unless the admin named it', async () => {
    await expect(
      pinnedAddresses('lib', submoduleAddress('lib', 'https://localhost/a', undefined)),
    ).rejects.toThrow(/localhost is at (127\.0\.0\.1|::1), which is not a public address/);
    const pin = await pinnedAddresses('lib', submoduleAddress('lib', 'https://localhost/a', ['localhost']));
    expect(pin[0]).toBe('-c');
    expect(pin[1]).toMatch(/^http\.curloptResolve=localhost:443:(127\.0\.0\.1|\[::1\])/);
  });

  test('an address needs no pin, but must be public', async () => {
    expect(await pinnedAddresses('lib', submoduleAddress('lib', 'https://8.8.8.8/a', undefined))).toEqual([]);
    await expect(
      pinnedAddresses('lib', submoduleAddress('lib', 'https://169.254.169.254/', undefined)),
    ).rejects.toThrow(/not a public address/);
  });

  test('a host that does not exist is unreachable', async () => {
    const address = submoduleAddress('lib', 'https://nowhere.invalid/a', undefined);
    await expect(pinnedAddresses('lib', address)).rejects.toMatchObject({
      reason: { code: 'submodule_unreachable' },
    });
  });
});

test('a fetch allows one protocol, follows nothing and asks nobody', () => {
  const args = fetchArguments(
    'https://a.com/b',
    ['-c', 'http.curloptResolve=a.com:443:8.8.8.8'],
    ['--depth=1'],
  );
  const config = args.flatMap((arg, index) => (args[index - 1] === '-c' ? [arg] : []));
  expect(config).toEqual(
    expect.arrayContaining([
      'protocol.allow=never',
      'protocol.https.allow=always',
      'http.followRedirects=false',
      'http.proxy=',
      'credential.helper=',
      'http.curloptResolve=a.com:443:8.8.8.8',
    ]),
  );
  expect(config.filter((entry) => entry.endsWith('=always'))).toHaveLength(1);
  expect(args.slice(args.indexOf('fetch'))).toContain('--no-tags');
});

function refusalOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error.reason;
    throw error;
  }
  throw new Error('nothing was refused');
}
