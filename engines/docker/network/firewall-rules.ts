/** What the firewall must hold, as data. Pure. */

export interface FirewallPolicy {
  readonly installationId: string;
  /** Range of all app networks. */
  readonly appSubnet: string;
  /** Interface of the engine's default bridge, where builds run. */
  readonly buildInterface: string;
  /** Its ranges. */
  readonly buildSubnets: readonly string[];
  /** Ports of the platform that apps and builds may reach on this host: router and SSH. */
  readonly publicPorts: readonly number[];
  /** TCP ports of the platform that they may not, should one listen on more than loopback (the API). */
  readonly privatePorts: readonly number[];
  /** Name servers of this host within 169.254.0.0/16 (some clouds have theirs there). */
  readonly linkLocalResolvers: readonly string[];
  /** Whether this host shows iptables what stays within one bridge, too (module br_netfilter). */
  readonly seesBridged: boolean;
}

/** A rule that leads from a built-in chain to one of ours. */
export interface Jump {
  readonly table: 'filter' | 'mangle';
  /** Arguments after `-I`, `-C` or `-D`. */
  readonly rule: readonly string[];
}

/** Where clouds answer with the machine's own credentials. */
const LINK_LOCAL = '169.254.0.0/16';
/** The same outside that range: Alibaba Cloud's, and Azure's agent, whose address is a name server as well. */
const OTHER_METADATA = [
  '-d 100.100.100.200/32',
  '-d 168.63.129.16/32 -p tcp --dport 80',
  '-d 168.63.129.16/32 -p tcp --dport 32526',
];
const METADATA = [`-d ${LINK_LOCAL}`, ...OTHER_METADATA];
/** The engine's own API, when it listens on TCP: who reaches it owns the host. */
const ENGINE_PORTS = [2375, 2376];
/** iptables takes 28 characters for a chain's name. */
const LONGEST_ID = 16;

/**
 * Chains for what goes through this host, for what is meant for this host itself, and for what leaves it: the last is
 * what holds while the engine makes a network.
 */
export function chainNames(installationId: string): { forward: string; input: string; leaving: string } {
  const short = installationId.slice(0, LONGEST_ID);
  return { forward: `SLUICE-${short}-FWD`, input: `SLUICE-${short}-IN`, leaving: `SLUICE-${short}-OUT` };
}

/** Text for `iptables-restore --noflush`: it makes our chains anew in one step and touches no other. */
export function chainsText(policy: FirewallPolicy): string {
  const { forward, input } = chainNames(policy.installationId);
  return [
    '*filter',
    `:${forward} - [0:0]`,
    `:${input} - [0:0]`,
    ...resolvers(policy, forward),
    ...METADATA.map((address) => `-A ${forward} ${address} -j REJECT`),
    ...resolvers(policy, input),
    `-A ${input} -d ${LINK_LOCAL} -j REJECT`,
    ...policy.publicPorts.map((port) => `-A ${input} -p tcp --dport ${port} -j RETURN`),
    ...[...policy.privatePorts, ...ENGINE_PORTS]
      .filter((port) => !policy.publicPorts.includes(port))
      .map((port) => `-A ${input} -p tcp --syn --dport ${port} -j REJECT --reject-with tcp-reset`),
    'COMMIT',
    ...leavingText(policy),
    '',
  ].join('\n');
}

/**
 * Whenever the engine makes a network, for whomever, it takes its jumps to DOCKER-USER and to its isolation chains out of
 * FORWARD and puts them back at the top: for some 10 ms each time, nothing of them holds. It leaves the table `mangle`
 * alone. What is rejected above does not come this far, so that apps are told no at once at all other times.
 */
function leavingText(policy: FirewallPolicy): string[] {
  const { leaving } = chainNames(policy.installationId);
  return [
    '*mangle',
    `:${leaving} - [0:0]`,
    ...resolvers(policy, leaving),
    ...METADATA.map((address) => `-A ${leaving} ${address} -j DROP`),
    // The router asks apps from the address that the host has in their network.
    `-A ${leaving} -m addrtype --src-type LOCAL -j RETURN`,
    // Asked for without need, the match would load that module and so change how all bridges of the host are filtered.
    ...(policy.seesBridged ? [`-A ${leaving} -m physdev --physdev-is-bridged -j RETURN`] : []),
    `-A ${leaving} -d ${policy.appSubnet} -j DROP`,
    // Ports that containers of others publish, where the engine has no proxy for them.
    `-A ${leaving} -m conntrack --ctstate DNAT -j RETURN`,
    `-A ${leaving} -o ${policy.buildInterface} -j DROP`,
    'COMMIT',
  ];
}

function resolvers(policy: FirewallPolicy, chain: string): string[] {
  return policy.linkLocalResolvers.flatMap((resolver) =>
    ['udp', 'tcp'].map((protocol) => `-A ${chain} -d ${resolver}/32 -p ${protocol} --dport 53 -j RETURN`),
  );
}

export function jumps(
  policy: Pick<FirewallPolicy, 'installationId' | 'appSubnet' | 'buildInterface' | 'buildSubnets'>,
): Jump[] {
  const { forward, input, leaving } = chainNames(policy.installationId);
  const filter = [
    ['DOCKER-USER', '-s', policy.appSubnet, '-j', forward],
    ['DOCKER-USER', '-i', policy.buildInterface, '-j', forward],
    ['INPUT', '-s', policy.appSubnet, '-j', input],
    ['INPUT', '-i', policy.buildInterface, '-j', input],
  ];
  // What leaves is not told by where it came in.
  const mangle = [policy.appSubnet, ...policy.buildSubnets].map((subnet) => [
    'POSTROUTING',
    '-s',
    subnet,
    '-j',
    leaving,
  ]);
  return [
    ...filter.map((rule): Jump => ({ table: 'filter', rule })),
    ...mangle.map((rule): Jump => ({ table: 'mangle', rule })),
  ];
}

/** Name servers of a resolv.conf within the link-local range. */
export function linkLocalResolvers(resolvConf: string): string[] {
  return resolvConf
    .split('\n')
    .map((line) => /^\s*nameserver\s+(169\.254\.\d{1,3}\.\d{1,3})\s*$/.exec(line)?.[1])
    .filter((address) => address !== undefined);
}

/** Rules of a listing (`iptables -t TABLE -S`) that jump to one of our chains. */
export function jumpsIn(listing: string, table: Jump['table'], installationId: string): Jump[] {
  const ours = Object.values(chainNames(installationId));
  return listing
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words[0] === '-A' && ours.includes(words[words.indexOf('-j') + 1] ?? ''))
    .map((words) => ({ table, rule: words.slice(1) }));
}
