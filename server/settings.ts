import { hostname } from 'node:os';
import { z } from 'zod';
import { parseBytes } from '../core/bytes.ts';
import { ClusterEnvironment, type ClusterSettings, List, clusterSettings } from '../core/cluster-settings.ts';
import { Id } from '../core/names.ts';
import { type DataPaths, dataPaths } from '../core/paths.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const limit = z.coerce.number().int().min(0).max(1_000_000);
const count = z.coerce.number().int().min(1);
const CidrList = List.pipe(z.array(z.union([z.cidrv4(), z.cidrv6()])));
/** As 536870912 or 512Mi. */
const bytes = z
  .string()
  .transform((text) => parseBytes(text) ?? Number.NaN)
  .pipe(z.number('must be a size in bytes, or one such as 512Mi').int().min(1));

const Environment = ClusterEnvironment.extend({
  SLUICE_DATA_DIR: z.string().startsWith('/', 'must be an absolute path').default('/var/lib/sluice'),
  SLUICE_DOMAIN: z.string().toLowerCase().default('localhost'),
  SLUICE_HTTP_PORT: port.default(8080),
  SLUICE_HTTPS_PORT: port.default(8443),
  SLUICE_SSH_PORT: port.default(2222),
  /** Where people reach that port, behind a balancer. */
  SLUICE_PUBLIC_SSH_PORT: port.optional(),
  /** Host name that people use for SSH; shown in git URLs. */
  SLUICE_SSH_HOST: z.string().optional(),
  /** Loopback port of the API for tokens; 0: only the unix socket. */
  SLUICE_API_PORT: port.default(0),
  /** Whose X-Forwarded-For counts there: nobody's, as whoever is on the machine can reach the port. */
  SLUICE_API_PROXIES: CidrList.prefault(''),
  /** Shared by the parts of a platform that runs on several machines; without it they are not listened for. */
  SLUICE_PLATFORM_TOKEN: z
    .string()
    .regex(/^[\w.~+/=-]{32,512}$/, 'must be 32 to 512 of letters, digits and . _ ~ + / = -')
    .optional(),
  SLUICE_PARTS_PORT: port.default(7001),
  SLUICE_TREE_PORT: port.default(7002),
  SLUICE_PARTS_BIND: z.string().default('::'),
  SLUICE_REDIS_URL: z.string().optional(),
  /** Of a journal that is new: what is made in a cluster is named by it. */
  SLUICE_INSTALLATION_ID: Id.optional(),
  SLUICE_ENGINE: z.enum(['docker', 'kubernetes']).default('docker'),
  /** The cluster's own ranges: apps reach nothing in them but the platform's public ports. */
  SLUICE_PRIVATE_RANGES: CidrList.prefault('10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7'),
  /** Namespace of the platform's own pods; absent: they run outside the cluster, at SLUICE_PLATFORM_CIDRS. */
  SLUICE_NAMESPACE: z.string().optional(),
  SLUICE_PLATFORM_CIDRS: z
    .string()
    .transform((text) => text.split(',').map((range) => range.trim()))
    .pipe(z.array(z.union([z.cidrv4(), z.cidrv6()])))
    .optional(),
  /** ClusterRole that the server binds to its own account in each app's namespace. */
  SLUICE_APP_ROLE: z.string().optional(),
  SLUICE_SERVICE_ACCOUNT: z.string().optional(),
  SLUICE_DOCKER_SOCKET: z.string().default('/var/run/docker.sock'),
  SLUICE_APP_SUBNET: z.string().default('10.213.0.0/16'),
  SLUICE_APP_MEMORY: bytes.default(512 * 1024 * 1024),
  SLUICE_APP_CPUS: z.coerce.number().min(0.1).max(256).default(2),
  SLUICE_APP_PIDS: z.coerce.number().int().min(16).default(512),
  /** Of all builders; only shown. */
  SLUICE_BUILD_SLOTS: z.coerce.number().int().min(1).max(4_096).default(2),
  SLUICE_MASTER_KEY: z.string().optional(),
  SLUICE_MASTER_KEY_OLD: z.string().optional(),
  SLUICE_SUBMODULE_HOSTS: z.string().optional(),
  SLUICE_SOURCE_HOSTS: List.optional(),
  SLUICE_PRIVATE_HOSTS: List.prefault(''),
  /** Registries of images that are released without a build. Their names are an admin's choice: nobody else's can be asked. */
  SLUICE_IMAGE_HOSTS: List.prefault('docker.io,ghcr.io,quay.io,registry.gitlab.com,public.ecr.aws'),
  /** Where the outside reaches /v1, as people paste it elsewhere: `https://deploy.example.com`. */
  SLUICE_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  /** Port for web hooks and nothing else; 0: none. */
  SLUICE_HOOKS_PORT: port.default(0),
  SLUICE_HOOKS_BIND: z.string().default('127.0.0.1'),
  /** Whose X-Forwarded-For counts there. */
  SLUICE_HOOKS_PROXIES: CidrList.prefault('127.0.0.0/8,::1/128'),
  SLUICE_MAX_PACK_BYTES: bytes.default(1024 ** 3),
  SLUICE_MAX_TREE_BYTES: bytes.default(2 * 1024 ** 3),
  SLUICE_MAX_TREE_ENTRIES: count.default(200_000),
  /** Of each client of the API: requests a minute, and answers open at a time; 0: no limit. */
  SLUICE_RATE_READS: limit.default(1_200),
  SLUICE_RATE_WRITES: limit.default(300),
  SLUICE_RATE_STREAMS: limit.default(50),
  /** Whoever carries it may read `/metrics`, and nothing else. */
  SLUICE_METRICS_TOKEN: z
    .string()
    .regex(/^[\w.~+/=-]{16,512}$/, 'must be 16 to 512 of letters, digits and . _ ~ + / = -')
    .optional(),
  /** Days that a row of the audit log is kept; 0: for ever. */
  SLUICE_AUDIT_DAYS: z.coerce.number().int().min(0).max(36_500).default(0),
  SLUICE_DISK_BUDGET: bytes.default(20 * 1024 ** 3),
  SLUICE_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export interface ServerClusterSettings extends ClusterSettings {
  readonly network: {
    readonly platformNamespace?: string;
    readonly platformCidrs?: readonly string[];
    readonly clusterCidrs: readonly string[];
  };
  /** undefined: the account may act in every namespace. */
  readonly access:
    | { readonly clusterRole: string; readonly serviceAccount: { namespace: string; name: string } }
    | undefined;
}

export interface Settings {
  readonly paths: DataPaths;
  readonly domain: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Of the SSH front, on this machine. */
  readonly sshListenPort: number;
  /** The one that people use; shown in git URLs. */
  readonly sshPort: number;
  readonly sshHost: string;
  readonly apiPort: number;
  /** CIDRs of proxies before it that say who asks. */
  readonly apiProxies: readonly string[];
  /** Where parts on other machines reach the server; undefined: there are none. */
  readonly parts:
    | { readonly token: string; readonly port: number; readonly treePort: number; readonly bind: string }
    | undefined;
  readonly redisUrl: string;
  /** undefined: one is made at the first start. */
  readonly installationId: string | undefined;
  /** What runs containers. */
  readonly engine: 'docker' | 'kubernetes';
  /** undefined: apps run on this machine's Docker. */
  readonly cluster: ServerClusterSettings | undefined;
  readonly dockerSocket: string;
  readonly appSubnet: string;
  readonly appLimits: { readonly memoryBytes: number; readonly cpus: number; readonly pids: number };
  readonly buildSlots: number;
  readonly masterKey: string | undefined;
  /** The one that it replaces, until no key of the journal needs that. */
  readonly oldMasterKey: string | undefined;
  /** undefined: any https host whose every address is public. */
  readonly submoduleHosts: readonly string[] | undefined;
  /** Of linked repositories; undefined: any whose every address is public. */
  readonly sourceHosts: readonly string[] | undefined;
  /** Inside, and asked all the same: by linked repositories and notifications. */
  readonly privateHosts: readonly string[];
  /** Files as `docker login` writes them, for registries that want a login. */
  readonly registryLogins: readonly string[];
  /** Hosts of registries whose images may be released without a build. */
  readonly imageHosts: readonly string[];
  /** Without a slash at its end; undefined: the platform does not know how it is reached from outside. */
  readonly publicUrl: string | undefined;
  readonly hooks: {
    /** 0: only where the API is. */
    readonly port: number;
    readonly bind: string;
    /** CIDRs. */
    readonly proxies: readonly string[];
  };
  readonly pushLimits: {
    readonly packBytes: number;
    readonly expandedBytes: number;
    readonly entries: number;
  };
  readonly diskBudgetBytes: number;
  /** Days; 0: for ever. */
  readonly auditDays: number;
  /** undefined: only admins read the metrics. */
  readonly metricsToken: string | undefined;
  readonly rateLimits: { readonly reads: number; readonly writes: number; readonly streams: number };
  readonly logLevel: string;
  /** For git, which needs nothing else of our environment. */
  readonly gitEnvironment: { readonly PATH: string | undefined };
}

/**
 * The one reader of the server's environment.
 * @throws Error naming each variable that is wrong and what it must be
 */
export function readSettings(environment: NodeJS.ProcessEnv = process.env): Settings {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`settings that cannot be used:\n  ${problems.join('\n  ')}`);
  }
  const env = parsed.data;
  const paths = dataPaths(env.SLUICE_DATA_DIR);
  return {
    paths,
    domain: env.SLUICE_DOMAIN,
    httpPort: env.SLUICE_HTTP_PORT,
    httpsPort: env.SLUICE_HTTPS_PORT,
    sshListenPort: env.SLUICE_SSH_PORT,
    sshPort: env.SLUICE_PUBLIC_SSH_PORT ?? env.SLUICE_SSH_PORT,
    sshHost: env.SLUICE_SSH_HOST ?? (env.SLUICE_DOMAIN === 'localhost' ? 'localhost' : hostname()),
    apiPort: env.SLUICE_API_PORT,
    apiProxies: env.SLUICE_API_PROXIES,
    parts: partsOf(env),
    redisUrl: env.SLUICE_REDIS_URL ?? paths.redisSocket,
    installationId: env.SLUICE_INSTALLATION_ID,
    engine: env.SLUICE_ENGINE,
    cluster: env.SLUICE_ENGINE === 'kubernetes' ? clusterOf(env) : undefined,
    dockerSocket: env.SLUICE_DOCKER_SOCKET,
    appSubnet: env.SLUICE_APP_SUBNET,
    appLimits: { memoryBytes: env.SLUICE_APP_MEMORY, cpus: env.SLUICE_APP_CPUS, pids: env.SLUICE_APP_PIDS },
    buildSlots: env.SLUICE_BUILD_SLOTS,
    masterKey: env.SLUICE_MASTER_KEY,
    oldMasterKey: env.SLUICE_MASTER_KEY_OLD,
    submoduleHosts: env.SLUICE_SUBMODULE_HOSTS?.split(',')
      .map((host) => host.trim())
      .filter(Boolean),
    sourceHosts: env.SLUICE_SOURCE_HOSTS,
    privateHosts: env.SLUICE_PRIVATE_HOSTS,
    registryLogins: env.SLUICE_REGISTRY_LOGIN,
    imageHosts: env.SLUICE_IMAGE_HOSTS,
    publicUrl: env.SLUICE_PUBLIC_URL,
    hooks: {
      port: env.SLUICE_HOOKS_PORT,
      bind: env.SLUICE_HOOKS_BIND,
      proxies: env.SLUICE_HOOKS_PROXIES,
    },
    pushLimits: {
      packBytes: env.SLUICE_MAX_PACK_BYTES,
      expandedBytes: env.SLUICE_MAX_TREE_BYTES,
      entries: env.SLUICE_MAX_TREE_ENTRIES,
    },
    rateLimits: {
      reads: env.SLUICE_RATE_READS,
      writes: env.SLUICE_RATE_WRITES,
      streams: env.SLUICE_RATE_STREAMS,
    },
    metricsToken: env.SLUICE_METRICS_TOKEN,
    diskBudgetBytes: env.SLUICE_DISK_BUDGET,
    auditDays: env.SLUICE_AUDIT_DAYS,
    logLevel: env.SLUICE_LOG_LEVEL,
    gitEnvironment: { PATH: environment['PATH'] },
  };
}

function partsOf(env: z.infer<typeof Environment>): Settings['parts'] {
  if (env.SLUICE_PLATFORM_TOKEN === undefined) return undefined;
  return {
    token: env.SLUICE_PLATFORM_TOKEN,
    port: env.SLUICE_PARTS_PORT,
    treePort: env.SLUICE_TREE_PORT,
    bind: env.SLUICE_PARTS_BIND,
  };
}

function clusterOf(env: z.infer<typeof Environment>): ServerClusterSettings {
  const { SLUICE_NAMESPACE: namespace, SLUICE_PLATFORM_CIDRS: cidrs } = env;
  const { SLUICE_APP_ROLE: clusterRole, SLUICE_SERVICE_ACCOUNT: name } = env;
  return {
    ...clusterSettings(env),
    network: {
      clusterCidrs: env.SLUICE_PRIVATE_RANGES,
      ...(namespace === undefined ? {} : { platformNamespace: namespace }),
      ...(cidrs === undefined ? {} : { platformCidrs: cidrs }),
    },
    access:
      clusterRole === undefined || name === undefined || namespace === undefined
        ? undefined
        : { clusterRole, serviceAccount: { namespace, name } },
  };
}
