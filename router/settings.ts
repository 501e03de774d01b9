import { z } from 'zod';

/** The only reader of the router's environment. */
const port = z.coerce.number().int().min(1).max(65_535);

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
  };
}
