import { expect, it } from 'vitest';
import {
  chainNames,
  chainsText,
  jumps,
  jumpsIn,
  linkLocalResolvers,
  type FirewallPolicy,
} from '../../../engines/docker/network/firewall-rules.ts';

const policy: FirewallPolicy = {
  installationId: 'abcdefghijklmnopqrst',
  appSubnet: '10.213.0.0/16',
  buildInterface: 'docker0',
  buildSubnets: ['172.17.0.0/16'],
  publicPorts: [8080, 2222],
  privatePorts: [7000, 8080],
  linkLocalResolvers: [],
  seesBridged: true,
};
const { forward, input, leaving } = chainNames(policy.installationId);
const rules = (changes: Partial<FirewallPolicy> = {}): string[] =>
  chainsText({ ...policy, ...changes })
    .split('\n')
    .filter((line) => line.startsWith('-A'));

it('names chains within what iptables takes', () => {
  for (const name of [forward, input, leaving]) expect(name.length).toBeLessThanOrEqual(28);
});

it('closes the link-local range both ways, and private ports of this host only', () => {
  expect(rules().filter((rule) => rule.includes(forward))).toEqual([
    `-A ${forward} -d 169.254.0.0/16 -j REJECT`,
    `-A ${forward} -d 100.100.100.200/32 -j REJECT`,
    `-A ${forward} -d 168.63.129.16/32 -p tcp --dport 80 -j REJECT`,
    `-A ${forward} -d 168.63.129.16/32 -p tcp --dport 32526 -j REJECT`,
  ]);
  expect(rules()).toContain(`-A ${input} -d 169.254.0.0/16 -j REJECT`);
  expect(rules()).toContain(`-A ${input} -p tcp --syn --dport 7000 -j REJECT --reject-with tcp-reset`);
  expect(rules()).toContain(`-A ${input} -p tcp --syn --dport 2375 -j REJECT --reject-with tcp-reset`);
});

it('never closes a public port', () => {
  expect(rules().filter((rule) => rule.includes('--dport 8080'))).toEqual([
    `-A ${input} -p tcp --dport 8080 -j RETURN`,
  ]);
});

it('lets a link-local name server answer before it closes the range', () => {
  const own = rules({ linkLocalResolvers: ['169.254.169.253'] }).filter((rule) => rule.includes(input));
  expect(own.slice(0, 3)).toEqual([
    `-A ${input} -d 169.254.169.253/32 -p udp --dport 53 -j RETURN`,
    `-A ${input} -d 169.254.169.253/32 -p tcp --dport 53 -j RETURN`,
    `-A ${input} -d 169.254.0.0/16 -j REJECT`,
  ]);
});

it('holds where the engine takes nothing out: what leaves reaches neither metadata nor another network', () => {
  const left = (changes: Partial<FirewallPolicy> = {}): string[] =>
    rules(changes)
      .filter((rule) => rule.includes(` ${leaving} `))
      .map((rule) => rule.replace(`-A ${leaving} `, ''));
  expect(left()).toEqual([
    '-d 169.254.0.0/16 -j DROP',
    '-d 100.100.100.200/32 -j DROP',
    '-d 168.63.129.16/32 -p tcp --dport 80 -j DROP',
    '-d 168.63.129.16/32 -p tcp --dport 32526 -j DROP',
    '-m addrtype --src-type LOCAL -j RETURN',
    '-m physdev --physdev-is-bridged -j RETURN',
    '-d 10.213.0.0/16 -j DROP',
    '-m conntrack --ctstate DNAT -j RETURN',
    '-o docker0 -j DROP',
  ]);
  expect(left({ seesBridged: false }).some((rule) => rule.includes('physdev'))).toBe(false);
});

it('finds its own jumps in a listing and no others', () => {
  const listing = [
    '-P INPUT ACCEPT',
    '-A INPUT -s 10.0.0.0/8 -j DROP',
    ...jumps(policy).map(({ rule }) => `-A ${rule.join(' ')}`),
    '-A INPUT -i docker0 -j SLUICE-another-IN',
  ].join('\n');
  const found = jumpsIn(listing, 'filter', policy.installationId);
  expect(found.map(({ rule }) => rule)).toEqual(jumps(policy).map(({ rule }) => rule));
});

it('reads name servers of the link-local range', () => {
  const conf = 'search local\nnameserver 169.254.169.253\nnameserver 1.1.1.1\n# nameserver 169.254.1.1\n';
  expect(linkLocalResolvers(conf)).toEqual(['169.254.169.253']);
});
