import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type Docker from 'dockerode';
import { unless } from '../client.ts';
import { chainNames, chainsText, type Jump, jumps, jumpsIn, linkLocalResolvers } from './firewall-rules.ts';
import { has, iptables, restoreChains } from './iptables.ts';
import { formatSubnet, parseSubnet } from './subnets.ts';

export interface FirewallSettings {
  readonly installationId: string;
  /** Range of all app networks, such as 10.213.0.0/16. */
  readonly appSubnet: string;
  /** Router and SSH: apps and builds may reach these on this host. */
  readonly publicPorts: readonly number[];
  /** TCP ports of the platform that must not answer them. */
  readonly privatePorts: readonly number[];
}

/** For `sluice doctor`: whether apps and builds are kept from the platform and the cloud's metadata. */
export interface FirewallState {
  readonly ok: boolean;
  readonly message: string;
  /** What mends it. */
  readonly fix?: string;
}

const BUILT_IN = [
  ['filter', 'DOCKER-USER'],
  ['filter', 'INPUT'],
  ['mangle', 'POSTROUTING'],
] as const;
/** There once the kernel's module br_netfilter is. */
const BRIDGE_SETTINGS = '/proc/sys/net/bridge';
const LOOK_MS = 5_000;
const DEFAULT_BRIDGE = 'docker0';
const DEFAULT_RANGE = '172.17.0.0/16';

/**
 * Puts the rules in place; a second call changes nothing. They outlive a restart of the engine, not one of the
 * machine: call it at each start. Never throws for want of rights: the state says what is missing.
 */
export async function ensureFirewall(docker: Docker, settings: FirewallSettings): Promise<FirewallState> {
  const missing = cannotTouch();
  if (missing !== undefined) return missing;
  try {
    const policy = {
      ...settings,
      ...(await defaultBridge(docker)),
      seesBridged: seesBridged(),
      linkLocalResolvers: linkLocalResolvers(await readFile('/etc/resolv.conf', 'utf8').catch(() => '')),
    };
    // The engine makes DOCKER-USER at its start; with its iptables turned off there is none.
    if (!(await has('-n', '-L', 'DOCKER-USER'))) {
      return {
        ok: false,
        message: 'the engine does not manage iptables (no chain DOCKER-USER), so apps are not kept apart',
        fix: 'remove "iptables": false from /etc/docker/daemon.json and restart Docker',
      };
    }
    await restoreChains(chainsText(policy));
    await removeJumps(settings.installationId, jumps(policy));
    for (const { table, rule } of jumps(policy)) {
      if (!(await has('-t', table, '-C', ...rule))) await iptables('-t', table, '-I', ...rule);
    }
    return { ok: true, message: 'apps and builds reach neither the platform nor the cloud metadata address' };
  } catch (error) {
    return failed(error);
  }
}

/** Whether rules are asked about what stays within one bridge: since the module br_netfilter is loaded, by whomever. */
function seesBridged(): boolean {
  return existsSync(BRIDGE_SETTINGS);
}

/** Calls back when that changes: rules that do not know of it would part the containers of one network. */
export function whenBridgesAreSeen(changed: () => void): void {
  let seen = seesBridged();
  setInterval(() => {
    if (seen === seesBridged()) return;
    seen = !seen;
    changed();
  }, LOOK_MS).unref();
}

/** Takes away all that `ensureFirewall` made; nothing of ours stays. */
export async function removeFirewall(installationId: string): Promise<FirewallState> {
  const missing = cannotTouch();
  if (missing !== undefined) return missing;
  try {
    await removeJumps(installationId, []);
    const { forward, input, leaving } = chainNames(installationId);
    const chains = [
      ['filter', forward],
      ['filter', input],
      ['mangle', leaving],
    ] as const;
    for (const [table, chain] of chains) {
      if (!(await has('-t', table, '-n', '-L', chain))) continue;
      await iptables('-t', table, '-F', chain);
      await iptables('-t', table, '-X', chain);
    }
    return { ok: true, message: 'no rules of this installation are left' };
  } catch (error) {
    return failed(error);
  }
}

/** Removes jumps to our chains that are not (any more) in `wanted`. */
async function removeJumps(installationId: string, wanted: readonly Jump[]): Promise<void> {
  const line = ({ table, rule }: Jump): string => [table, ...rule].join(' ');
  const keep = new Set(wanted.map(line));
  for (const [table, chain] of BUILT_IN) {
    if (!(await has('-t', table, '-n', '-L', chain))) continue;
    for (const jump of jumpsIn(await iptables('-t', table, '-S', chain), table, installationId)) {
      if (!keep.has(line(jump))) await iptables('-t', table, '-D', ...jump.rule);
    }
  }
}

async function defaultBridge(docker: Docker): Promise<{ buildInterface: string; buildSubnets: string[] }> {
  const bridge = await unless([404], docker.getNetwork('bridge').inspect());
  const ranges = (bridge?.IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []);
  const subnets = ranges
    .filter((range) => !range.includes(':'))
    .map((range) => formatSubnet(parseSubnet(range)));
  return {
    buildInterface: bridge?.Options?.['com.docker.network.bridge.name'] ?? DEFAULT_BRIDGE,
    buildSubnets: subnets.length > 0 ? subnets : [DEFAULT_RANGE],
  };
}

function cannotTouch(): FirewallState | undefined {
  if (process.getuid?.() === 0) return undefined;
  return {
    ok: false,
    message: 'without root there are no firewall rules: apps and builds can reach the cloud metadata address',
    fix: 'run the platform as root, or drop 169.254.0.0/16 for containers in the DOCKER-USER and INPUT chains',
  };
}

function failed(error: unknown): FirewallState {
  return {
    ok: false,
    message: `the firewall rules are not in place: ${error instanceof Error ? error.message : String(error)}`,
    fix: 'apt-get install iptables, then restart the platform',
  };
}
