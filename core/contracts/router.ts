import { z } from 'zod';
import { LATENCY_BOUNDS_MS } from '../canary/latency.ts';
import { AppName, HostName } from '../names.ts';
import { Reason } from '../reason.ts';
import { FULL_WEIGHT } from '../rollout.ts';

/**
 * What the server says to the router over its unix socket (`dataPaths(root).routerSocket`, mode 0600).
 * Every call may be repeated. Errors are RFC 9457 problems whose `reason` is a Reason.
 *
 *   PUT    /routes/:appId   RouteBody → {}       make one app's route be so
 *   DELETE /routes/:appId   → {}
 *   PUT    /routes          RouteTable → {}      make the whole table be so
 *   GET    /counts          → RouterCounts
 *   POST   /probe           ProbeBody → ProbeAnswer   one request of our own to one replica, through HAProxy
 *   GET    /status          → RouterStatus
 *   POST   /shutdown        → {}                 ends HAProxy and then the router
 */

/** Ids go into file names and HAProxy's map keys, so their alphabet is closed. */
export const Token = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/);

const Backend = z.object({
  host: z.union([z.ipv4(), z.ipv6()]),
  port: z.number().int().min(1).max(65_535),
});

const ClusterName = z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/);

const Release = z.object({
  releaseId: Token,
  weight: z.number().int().min(0).max(FULL_WEIGHT),
  backends: z.array(Backend).max(1_000),
  service: z.object({ namespace: ClusterName, name: ClusterName }).exactOptional(),
  lost: z.array(Backend).max(1_000).exactOptional(),
});

export const RouteBody = z
  .object({
    appId: Token,
    appName: AppName,
    hosts: z.array(HostName).max(1_000),
    releases: z.array(Release).max(64),
    maintenance: z.boolean(),
  })
  .refine((route) => route.releases.length === 0 || totalWeight(route.releases) === FULL_WEIGHT, {
    message: `the weights of an app's releases add up to ${String(FULL_WEIGHT)}`,
    path: ['releases'],
  })
  .refine((route) => route.releases.filter((release) => release.weight > 0).length <= 2, {
    message: 'at most two releases of an app can have a weight above 0',
    path: ['releases'],
  })
  .refine(
    (route) => new Set(route.releases.map((release) => release.releaseId)).size === route.releases.length,
    {
      message: 'a release is named once',
      path: ['releases'],
    },
  );
export type RouteBody = z.infer<typeof RouteBody>;

export const RouteTable = z.object({ routes: z.array(RouteBody).max(100_000) });
export type RouteTable = z.infer<typeof RouteTable>;

export const ProbeBody = z.object({
  host: HostName,
  /** What a request line may hold. */
  path: z.string().regex(/^\/[\x21-\x7e]{0,1999}$/),
  backend: Backend,
  timeoutMs: z.number().int().min(1).max(60_000),
});
export const ProbeAnswer = z.object({
  /** Absent: no answer, or only that of HAProxy itself. */
  status: z.number().int().optional(),
  unreached: z.literal(true).optional(),
  ms: z.number().min(0),
});

export const RouterCounts = z.object({
  /** false: HAProxy could not be asked, and these are the totals of the last look. */
  fresh: z.boolean(),
  releases: z.array(
    z.object({
      releaseId: z.string(),
      requests: z.number().int().min(0),
      errors5xx: z.number().int().min(0),
      aborts: z.number().int().min(0),
      unreached: z.number().int().min(0).default(0),
      active: z.number().int().min(0),
      /** Every answer while traffic was split, but upgraded and event-stream ones; not a sample. */
      latency: z.array(z.number().int().min(0)).length(LATENCY_BOUNDS_MS.length + 1),
    }),
  ),
});
export type RouterCounts = z.infer<typeof RouterCounts>;

export const RouterStatus = z.object({
  pid: z.number().int(),
  haproxy: z.object({
    up: z.boolean(),
    pid: z.number().int().optional(),
    version: z.string().optional(),
    /** Starts that were needed because HAProxy had died, since this router began. */
    restarts: z.number().int(),
    /** Seamless reloads, since this router began. */
    reloads: z.number().int(),
    /** Processes that only finish what they had open before a reload. */
    draining: z.number().int(),
    /** Why it is not up. */
    problem: Reason.optional(),
  }),
  apps: z.number().int(),
  slots: z.object({ total: z.number().int(), used: z.number().int() }),
  httpPort: z.number().int(),
  httpsPort: z.number().int(),
});
export type RouterStatus = z.infer<typeof RouterStatus>;

function totalWeight(releases: readonly { weight: number }[]): number {
  return releases.reduce((sum, release) => sum + release.weight, 0);
}
