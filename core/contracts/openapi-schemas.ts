import { z } from 'zod';
import { Reason } from '../reason.ts';
import * as resources from './resources.ts';
import { type RouteContract, routes } from './routes.ts';

type Json = Record<string, unknown>;

const RESOURCES = {
  App: resources.App,
  Build: resources.Build,
  Release: resources.Release,
  ReleaseDetail: resources.ReleaseDetail,
  ReleaseDiff: resources.ReleaseDiff,
  Difference: resources.Difference,
  Rollout: resources.Rollout,
  RolloutDetail: resources.RolloutDetail,
  Evidence: resources.Evidence,
  SideEvidence: resources.SideEvidence,
  Process: resources.Process,
  Config: resources.Config,
  ChangedConfig: resources.ChangedConfig,
  StagedConfig: resources.StagedConfig,
  Secret: resources.Secret,
  Secrets: resources.Secrets,
  Domain: resources.Domain,
  Hook: resources.Hook,
  HookWithSecret: resources.HookWithSecret,
  HookAnswer: resources.HookAnswer,
  Delivery: resources.Delivery,
  Key: resources.Key,
  Person: resources.Person,
  DeployKey: resources.DeployKey,
  Member: resources.Member,
  Token: resources.Token,
  CreatedToken: resources.CreatedToken,
  AuditEntry: resources.AuditEntry,
  AuditVerification: resources.AuditVerification,
  Me: resources.Me,
  LogEntry: resources.LogEntry,
  Event: resources.Event,
  LogChunk: resources.LogChunk,
  Check: resources.Check,
  Status: resources.Status,
  MasterKey: resources.MasterKey,
  Verdict: resources.Verdict,
  LinkedRepository: resources.LinkedRepository,
  LinkedRepositoryChecked: resources.LinkedRepositoryChecked,
  RepositoryCheck: resources.RepositoryCheck,
  Notification: resources.Notification,
  AddedNotification: resources.AddedNotification,
  NotificationDelivery: resources.NotificationDelivery,
  Reason,
  Problem: resources.Problem,
};

/** `components.schemas`: the resources by their names, then what each route takes and answers. */
export function openapiSchemas(): Json {
  return { ...answerSchemas(), ...bodySchemas() };
}

function answerSchemas(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(RESOURCES)) registry.add(schema, { id });
  for (const [name, contract] of Object.entries(routes) as [string, RouteContract][]) {
    if (contract.answer && !registry.has(contract.answer))
      registry.add(contract.answer, { id: `${name}Answer` });
  }
  return components(registry, 'output');
}

function bodySchemas(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [name, contract] of Object.entries(routes) as [string, RouteContract][]) {
    if (contract.body) registry.add(contract.body, { id: bodyName(name) });
  }
  return components(registry, 'input');
}

export function bodyName(route: string): string {
  return `${route}Body`;
}

export function answerName(route: string, { answer }: RouteContract): string {
  return resourceName(answer) ?? `${route}Answer`;
}

export function resourceName(resource: z.ZodType | undefined): string | undefined {
  const [known] = Object.entries(RESOURCES).find(([, schema]) => schema === resource) ?? [];
  return known;
}

function components(registry: Parameters<typeof z.toJSONSchema>[0] & object, io: 'input' | 'output'): Json {
  const { schemas } = z.toJSONSchema(registry as z.core.$ZodRegistry<{ id: string }>, {
    uri: (id) => `#/components/schemas/${id}`,
    io,
  });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, bare(schema)]));
}

/**
 * A schema that has no name of its own, of a parameter. Its values, not the text that they are written as: OpenAPI says
 * by itself how a number and a boolean are written in a query.
 */
export function inline(schema: z.ZodType): Json {
  return bare(z.toJSONSchema(schema, { io: 'output' }));
}

/** Inside an OpenAPI document a schema is known by its place and its dialect is the document's. */
function bare(schema: object): Json {
  const { $schema: _dialect, $id: _id, '~standard': _standard, ...rest } = schema as Json;
  return plain(rest) as Json;
}

/**
 * Without what says nothing to a reader, and open: a newer platform answers with more than an older document names, and
 * whoever reads answers by it must not refuse that.
 */
function plain(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(plain);
  if (typeof node !== 'object' || node === null) return node;
  const { format } = node as Json;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key, value]) => !(key === 'additionalProperties' && value === false))
      .filter(([key]) => !(key === 'pattern' && format === 'date-time'))
      .filter(([, value]) => typeof value !== 'number' || Math.abs(value) !== Number.MAX_SAFE_INTEGER)
      .map(([key, value]) => [key, plain(value)]),
  );
}
