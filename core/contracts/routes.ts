import { z } from 'zod';
import * as r from './resources.ts';

/**
 * Every route of the public API, in one table: the server registers by it, the OpenAPI document is made of it,
 * and the client of the CLI is typed by it. `:app` is an app's name or id.
 */
export interface RouteContract {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  readonly answer?: z.ZodType;
  /** The answer is a stream of this media type instead of one JSON document. */
  readonly stream?: 'text/plain' | 'application/x-ndjson';
  readonly status: number;
}

const paging = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

function route<const R extends RouteContract>(contract: R): R {
  return contract;
}

export const routes = {
  me: route({ method: 'GET', path: '/v1/me', summary: 'Who am I', answer: r.Me, status: 200 }),
  status: route({
    method: 'GET',
    path: '/v1/status',
    summary: 'State of the platform',
    answer: r.Status,
    status: 200,
  }),
  /** Only over the machine's own socket, only while there is no admin. */
  setup: route({
    method: 'POST',
    path: '/v1/setup',
    summary: 'Make the first admin',
    body: r.Setup,
    answer: r.Status,
    status: 201,
  }),
  doctor: route({
    method: 'GET',
    path: '/v1/doctor',
    summary: 'What is missing and how to mend it',
    answer: z.object({ checks: z.array(r.Check) }),
    status: 200,
  }),

  listApps: route({
    method: 'GET',
    path: '/v1/apps',
    summary: 'Apps that I may see',
    query: paging,
    answer: r.page(r.App),
    status: 200,
  }),
  createApp: route({
    method: 'POST',
    path: '/v1/apps',
    summary: 'Make an app',
    body: r.CreateApp,
    answer: r.App,
    status: 201,
  }),
  getApp: route({ method: 'GET', path: '/v1/apps/:app', summary: 'One app', answer: r.App, status: 200 }),
  destroyApp: route({
    method: 'DELETE',
    path: '/v1/apps/:app',
    summary: 'Destroy an app and all it has',
    body: r.ConfirmDestroy,
    status: 204,
  }),

  getConfig: route({
    method: 'GET',
    path: '/v1/apps/:app/config',
    summary: 'Config of the newest version',
    answer: z.object({ version: z.number().int(), values: z.record(z.string(), z.string()) }),
    status: 200,
  }),
  setConfig: route({
    method: 'PATCH',
    path: '/v1/apps/:app/config',
    summary: 'Set and unset keys: a new version, and a release when one is live',
    body: r.SetConfig,
    answer: z.object({ version: z.number().int(), release: r.Release.optional() }),
    status: 200,
  }),

  listBuilds: route({
    method: 'GET',
    path: '/v1/apps/:app/builds',
    summary: 'Builds, newest first',
    query: paging,
    answer: r.page(r.Build),
    status: 200,
  }),
  createBuild: route({
    method: 'POST',
    path: '/v1/apps/:app/builds',
    summary: 'Build a commit again',
    body: r.CreateBuild,
    answer: r.Build,
    status: 202,
  }),
  getBuild: route({
    method: 'GET',
    path: '/v1/apps/:app/builds/:number',
    summary: 'One build',
    answer: r.Build,
    status: 200,
  }),
  /** text/plain bytes from `offset`; `follow` goes on until the build and its rollout have ended. */
  getBuildLog: route({
    method: 'GET',
    path: '/v1/apps/:app/builds/:number/log',
    summary: 'The log of a build',
    stream: 'text/plain',
    query: z.object({
      offset: z.coerce.number().int().min(0).default(0),
      follow: z.stringbool().default(false),
    }),
    status: 200,
  }),
  cancelBuild: route({
    method: 'POST',
    path: '/v1/apps/:app/builds/:number/cancel',
    summary: 'Cancel a build or its rollout',
    answer: r.Build,
    status: 202,
  }),

  listReleases: route({
    method: 'GET',
    path: '/v1/apps/:app/releases',
    summary: 'Releases, newest first',
    query: paging,
    answer: r.page(r.Release),
    status: 200,
  }),
  getRelease: route({
    method: 'GET',
    path: '/v1/apps/:app/releases/:number',
    summary: 'One release',
    answer: r.ReleaseDetail,
    status: 200,
  }),
  rollback: route({
    method: 'POST',
    path: '/v1/apps/:app/rollback',
    summary: 'Make image and config of an older release live again, at once or by its canary steps',
    body: r.Rollback,
    answer: r.Release,
    status: 202,
  }),

  listRollouts: route({
    method: 'GET',
    path: '/v1/apps/:app/rollouts',
    summary: 'Rollouts, newest first',
    query: paging,
    answer: r.page(r.Rollout),
    status: 200,
  }),
  /** `:number` is the number of its release, here and below. */
  getRollout: route({
    method: 'GET',
    path: '/v1/apps/:app/rollouts/:number',
    summary: 'One rollout: its numbers, its story, its verdict',
    answer: r.RolloutDetail,
    status: 200,
  }),
  /** A paused canary keeps its weight, and is still taken back when it is worse. */
  pauseRollout: route({
    method: 'POST',
    path: '/v1/apps/:app/rollouts/:number/pause',
    summary: 'Keep a rollout where it is',
    answer: r.Rollout,
    status: 202,
  }),
  resumeRollout: route({
    method: 'POST',
    path: '/v1/apps/:app/rollouts/:number/resume',
    summary: 'Let a rollout that is paused or held go on',
    answer: r.Rollout,
    status: 202,
  }),
  promoteRollout: route({
    method: 'POST',
    path: '/v1/apps/:app/rollouts/:number/promote',
    summary: 'Give a release all traffic now, without waiting for more evidence',
    answer: r.Rollout,
    status: 202,
  }),
  abortRollout: route({
    method: 'POST',
    path: '/v1/apps/:app/rollouts/:number/abort',
    summary: 'End a rollout; what is live stays live',
    answer: r.Rollout,
    status: 202,
  }),

  listProcesses: route({
    method: 'GET',
    path: '/v1/apps/:app/ps',
    summary: 'Processes and their replicas',
    answer: z.object({ processes: z.array(r.Process) }),
    status: 200,
  }),
  scale: route({
    method: 'PATCH',
    path: '/v1/apps/:app/ps',
    summary: 'Set the number of replicas',
    body: r.Scale,
    answer: z.object({ processes: z.array(r.Process) }),
    status: 200,
  }),
  restart: route({
    method: 'POST',
    path: '/v1/apps/:app/ps/restart',
    summary: 'Replace replicas one after the other',
    body: r.Restart,
    status: 202,
  }),
  /** Answers 101 with `Upgrade: sluice-run`; see docs/development/run-protocol.md. */
  run: route({
    method: 'POST',
    path: '/v1/apps/:app/run',
    summary: 'Run one command in the live release',
    body: r.RunCommand,
    status: 101,
  }),
  /** newline-delimited LogEntry. */
  logs: route({
    method: 'GET',
    path: '/v1/apps/:app/logs',
    summary: 'Log lines of the app',
    stream: 'application/x-ndjson',
    query: z.object({
      tail: z.coerce.number().int().min(0).max(10_000).default(100),
      follow: z.stringbool().default(false),
      process: z.string().optional(),
      /** Only lines of this release. */
      release: z.coerce.number().int().min(1).optional(),
    }),
    status: 200,
  }),

  listDomains: route({
    method: 'GET',
    path: '/v1/apps/:app/domains',
    summary: 'Hosts of the app',
    answer: z.object({ items: z.array(r.Domain) }),
    status: 200,
  }),
  addDomain: route({
    method: 'POST',
    path: '/v1/apps/:app/domains',
    summary: 'Add a host',
    body: r.AddDomain,
    answer: r.Domain,
    status: 201,
  }),
  removeDomain: route({
    method: 'DELETE',
    path: '/v1/apps/:app/domains/:host',
    summary: 'Remove a host',
    status: 204,
  }),

  listMembers: route({
    method: 'GET',
    path: '/v1/apps/:app/members',
    summary: 'Who may do what',
    answer: z.object({ items: z.array(r.Member) }),
    status: 200,
  }),
  setMember: route({
    method: 'PUT',
    path: '/v1/apps/:app/members/:person',
    summary: 'Give a person a role',
    body: r.SetMember,
    answer: r.Member,
    status: 200,
  }),
  removeMember: route({
    method: 'DELETE',
    path: '/v1/apps/:app/members/:person',
    summary: "Take a person's role",
    status: 204,
  }),

  listKeys: route({
    method: 'GET',
    path: '/v1/keys',
    summary: 'SSH keys (all for admins)',
    answer: z.object({ items: z.array(r.Key) }),
    status: 200,
  }),
  addKey: route({
    method: 'POST',
    path: '/v1/keys',
    summary: 'Add an SSH key',
    body: r.AddKey,
    answer: r.Key,
    status: 201,
  }),
  /** `:key` is an id or a fingerprint (SHA256:…, URL-encoded). */
  removeKey: route({ method: 'DELETE', path: '/v1/keys/:key', summary: 'Remove an SSH key', status: 204 }),
} as const satisfies Record<string, RouteContract>;
export type RouteName = keyof typeof routes;
