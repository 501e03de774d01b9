import { hostname } from 'node:os';
import { z } from 'zod';
import { RouterName } from '../core/contracts/follow.ts';

/** The only reader of the router's environment. */
const port = z.coerce.number().int().min(1).max(65_535);

const seconds = z.coerce.number().int().min(0).max(3_600);

const Environment = z.object({
  SLUICE_DATA_DIR: z.string().min(1),
  SLUICE_HTTP_PORT: port.default(8080),
  SLUICE_HTTPS_PORT: port.default(8443),
  SLUICE_DOMAIN: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/)
    .default('localhost'),
  SLUICE_HTTP_BIND: z
    .string()
    .default('')
    .transform((list) => list.split(',').map((address) => address.trim()))
    .transform((list) => list.filter((address) => address !== ''))
    .pipe(z.array(z.union([z.ipv4(), z.ipv6()]))),
  SLUICE_ROUTER_SLOTS: z.coerce.number().int().min(1).max(100_000).default(64),
  SLUICE_ROUTER_STOP_HAPROXY: z.stringbool().default(false),
  SLUICE_HAPROXY: z.string().min(1).default('haproxy'),
  SLUICE_SERVER_URL: z.url({ protocol: /^http$/ }).optional(),
  SLUICE_PLATFORM_TOKEN: z.string().min(1).optional(),
  SLUICE_ROUTER_NAME: RouterName.optional(),
  SLUICE_ROUTER_READY_PORT: port.default(8081),
  SLUICE_ROUTER_LEAVE: seconds.default(5),
  SLUICE_ROUTER_DRAIN: seconds.default(45),
  SLUICE_KUBECONFIG: z.string().min(1).optional(),
  /** Every pod has it. */
  KUBERNETES_SERVICE_HOST: z.string().optional(),
});

export interface RouterSettings {
  readonly dataDir: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Apps answer as `<app>.<domain>`; the self-made certificate is for it. */
  readonly domain: string;
  /** Addresses that the two ports listen on; empty: all, IPv4 and IPv6. */
  readonly bind: readonly string[];
  /** Release slots made ahead at the first start; they double when they run out. */
  readonly slots: number;
  /** HAProxy ends with the router (else it goes on serving, and the next router adopts it). */
  readonly stopHaproxy: boolean;
  /** The program, a name on the PATH or a path. */
  readonly haproxy: string;
  /** In a cluster: the server that is followed. Undefined: the server asks by the router's socket. */
  readonly follow: FollowSettings | undefined;
}

export interface FollowSettings {
  readonly server: { readonly url: URL; readonly token: string };
  /** The router's own: that of its pod. */
  readonly name: string;
  /** Where `/readyz` answers. */
  readonly readyPort: number;
  /** Milliseconds between the router's end being asked for and its taking no new connections: so long others need to know. */
  readonly leaveMs: number;
  /** Milliseconds after that for what is open to end. */
  readonly drainMs: number;
  /** The cluster whose EndpointSlices are watched: by a file, by the pod's own account, or none. */
  readonly cluster: { readonly kubeconfig?: string } | undefined;
}

/** @throws Error naming each variable that is missing or wrong */
export function readSettings(environment: NodeJS.ProcessEnv = process.env): RouterSettings {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`the router's settings are wrong: ${problems.join('; ')}`);
  }
  const values = parsed.data;
  return {
    dataDir: values.SLUICE_DATA_DIR,
    httpPort: values.SLUICE_HTTP_PORT,
    httpsPort: values.SLUICE_HTTPS_PORT,
    domain: values.SLUICE_DOMAIN,
    bind: values.SLUICE_HTTP_BIND,
    slots: values.SLUICE_ROUTER_SLOTS,
    stopHaproxy: values.SLUICE_ROUTER_STOP_HAPROXY,
    haproxy: values.SLUICE_HAPROXY,
    follow: followSettings(values),
  };
}

function followSettings(values: z.infer<typeof Environment>): FollowSettings | undefined {
  const url = values.SLUICE_SERVER_URL;
  if (url === undefined) return undefined;
  const token = values.SLUICE_PLATFORM_TOKEN;
  if (token === undefined) {
    throw new Error('SLUICE_SERVER_URL needs the SLUICE_PLATFORM_TOKEN that the server was given');
  }
  const kubeconfig = values.SLUICE_KUBECONFIG;
  const inPod = values.KUBERNETES_SERVICE_HOST !== undefined;
  return {
    server: { url: new URL(url), token },
    name: values.SLUICE_ROUTER_NAME ?? RouterName.parse(hostname()),
    readyPort: values.SLUICE_ROUTER_READY_PORT,
    leaveMs: values.SLUICE_ROUTER_LEAVE * 1_000,
    drainMs: values.SLUICE_ROUTER_DRAIN * 1_000,
    cluster: kubeconfig === undefined ? (inPod ? {} : undefined) : { kubeconfig },
  };
}
