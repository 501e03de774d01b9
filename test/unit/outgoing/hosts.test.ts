import { describe, expect, it } from 'vitest';
import { entryOf, isNamed, placeOf } from '../../../server/hosts/hosts.ts';
import { checkedAddresses, HostRefused } from '../../../server/hosts/resolve.ts';

describe("an admin's list", () => {
  it.each([
    ['git.example.com', 'https://git.example.com/a', true],
    ['git.example.com', 'ssh://git@git.example.com/a', true],
    ['git.example.com', 'http://git.example.com/a', false],
    ['git.example.com', 'https://git.example.com:8443/a', false],
    ['git.example.com', 'https://evil.git.example.com/a', false],
    ['git.example.com:8443', 'https://git.example.com:8443/a', true],
    ['git.example.com:443', 'https://git.example.com/a', true],
    ['git.example.com:443', 'ssh://git.example.com/a', false],
    ['git.example.com:2222', 'ssh://git.example.com:2222/a', true],
    ['http://10.0.0.5:3000', 'http://10.0.0.5:3000/a', true],
    ['http://10.0.0.5:3000', 'https://10.0.0.5:3000/a', false],
    ['http://10.0.0.5', 'http://10.0.0.5/a', true],
    ['ssh://[fd00::1]:2222', 'ssh://git@[fd00::1]:2222/a', true],
    ['GIT.example.com', 'https://git.EXAMPLE.com/a', true],
    ['not a host', 'https://git.example.com/a', false],
  ])('%s, asked about %s: %s', (entry, url, named) => {
    const place = placeOf(new URL(url));
    expect(place && isNamed(place, ['other.example.com', entry])).toBe(named);
  });

  it.each([
    'https://git.example.com/a',
    'https://a.com:8443',
    'ssh://a.com/x',
    'http://[fd00::1]/x',
    'ssh://a.com:2222',
  ])('is told how to name %s', (url) => {
    const place = placeOf(new URL(url));
    expect(place && isNamed(place, [entryOf(place)])).toBe(true);
  });
});

describe('the addresses of a host', () => {
  const known = (...addresses: string[]) => checkedAddresses('a.example.com', false, async () => addresses);

  it('are all of them when all are public', async () => {
    await expect(known('93.184.215.14', '2606:4700::1')).resolves.toEqual(['93.184.215.14', '2606:4700::1']);
  });

  it.each([
    ['loopback', '127.0.0.1'],
    ['IPv6 loopback', '::1'],
    ['private', '10.0.0.1'],
    ['of the machine’s metadata', '169.254.169.254'],
    ['link-local', 'fe80::1'],
    ['unique local', 'fd00::1'],
    ['multicast', '224.0.0.1'],
    ['IPv4 inside IPv6', '::ffff:10.0.0.1'],
    ['NAT64 of a private one', '64:ff9b::a00:1'],
    ['6to4 of a private one', '2002:a00:1::1'],
    ['Teredo', '2001:0:a00:1::1'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['nothing', '0.0.0.0'],
  ])('are refused when one is %s, though another is public', async (_, address) => {
    await expect(known('93.184.215.14', address)).rejects.toMatchObject({
      why: 'not-public',
      message: `a.example.com is at ${address}, which is not a public address`,
    });
    await expect(checkedAddresses('a.example.com', true, async () => [address])).resolves.toEqual([address]);
  });

  it('are refused as unresolvable when there are none', async () => {
    await expect(known()).rejects.toThrow(HostRefused);
    const fails = async (): Promise<string[]> => {
      throw Object.assign(new Error('no'), { code: 'ENOTFOUND' });
    };
    await expect(checkedAddresses('a.example.com', false, fails)).rejects.toMatchObject({
      why: 'unresolvable',
      message: 'the host a.example.com cannot be resolved (ENOTFOUND)',
    });
  });
});
