/** What the firewall must hold, as data. Pure. */

export interface FirewallPolicy {
  readonly installationId: string;
  /** Range of all app networks. */
  readonly appSubnet: string;
  /** Interface of the engine's default bridge, where builds run. */
  readonly buildInterface: string;
  /** Ports of the platform that apps and builds may reach on this host: router and SSH. */
  readonly publicPorts: readonly number[];
  /** TCP ports of the platform that they may not, should one listen on more than loopback (the API). */
  readonly privatePorts: readonly number[];
  /** Name servers of this host within 169.254.0.0/16 (some clouds have theirs there). */
  readonly linkLocalResolvers: readonly string[];
}

/** Where clouds answer with the machine's own credentials. */
const LINK_LOCAL = '169.254.0.0/16';
/** The same outside that range: Alibaba Cloud's, and Azure's agent, whose address is a name server as well. */
const OTHER_METADATA = [
  '-d 100.100.100.200/32',
  '-d 168.63.129.16/32 -p tcp --dport 80',
  '-d 168.63.129.16/32 -p tcp --dport 32526',
];
/** The engine's own API, when it listens on TCP: who reaches it owns the host. */
const ENGINE_PORTS = [2375, 2376];
/** iptables takes 28 characters for a chain's name. */
const LONGEST_ID = 16;

/** Chain for what goes through this host, and for what is meant for this host itself. */
export function chainNames(installationId: string): { forward: string; input: string } {
  const short = installationId.slice(0, LONGEST_ID);
  return { forward: `SLUICE-${short}-FWD`, input: `SLUICE-${short}-IN` };
}

/** Text for `iptables-restore --noflush`: it makes our chains anew in one step and touches no other. */
export function chainsText(policy: FirewallPolicy): string {
  const { forward, input } = chainNames(policy.installationId);
  const resolvers = (chain: string): string[] =>
    policy.linkLocalResolvers.flatMap((resolver) =>
      ['udp', 'tcp'].map((protocol) => `-A ${chain} -d ${resolver}/32 -p ${protocol} --dport 53 -j RETURN`),
    );
  return [
    '*filter',
    `:${forward} - [0:0]`,
    `:${input} - [0:0]`,
    ...resolvers(forward),
    ...[`-d ${LINK_LOCAL}`, ...OTHER_METADATA].map((address) => `-A ${forward} ${address} -j REJECT`),
    ...resolvers(input),
    `-A ${input} -d ${LINK_LOCAL} -j REJECT`,
    ...policy.publicPorts.map((port) => `-A ${input} -p tcp --dport ${port} -j RETURN`),
    ...[...policy.privatePorts, ...ENGINE_PORTS]
      .filter((port) => !policy.publicPorts.includes(port))
      .map((port) => `-A ${input} -p tcp --syn --dport ${port} -j REJECT --reject-with tcp-reset`),
    'COMMIT',
    '',
  ].join('\n');
}

/** Arguments after `-I`, `-C` or `-D` of the rules that lead from the built-in chains to ours. */
export function jumps(
  policy: Pick<FirewallPolicy, 'installationId' | 'appSubnet' | 'buildInterface'>,
): string[][] {
  const { forward, input } = chainNames(policy.installationId);
  return [
    ['DOCKER-USER', '-s', policy.appSubnet, '-j', forward],
    ['DOCKER-USER', '-i', policy.buildInterface, '-j', forward],
    ['INPUT', '-s', policy.appSubnet, '-j', input],
    ['INPUT', '-i', policy.buildInterface, '-j', input],
  ];
}

/** Name servers of a resolv.conf within the link-local range. */
export function linkLocalResolvers(resolvConf: string): string[] {
  return resolvConf
    .split('\n')
    .map((line) => /^\s*nameserver\s+(169\.254\.\d{1,3}\.\d{1,3})\s*$/.exec(line)?.[1])
    .filter((address) => address !== undefined);
}

/** Rules of a listing (`iptables -S`) that jump to one of our chains, as arguments after `-D`. */
export function jumpsIn(listing: string, installationId: string): string[][] {
  const ours = Object.values(chainNames(installationId));
  return listing
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words[0] === '-A' && ours.includes(words[words.indexOf('-j') + 1] ?? ''))
    .map((words) => words.slice(1));
}
