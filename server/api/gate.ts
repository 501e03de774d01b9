import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { parameterNames, pathParameters } from '../../core/contracts/path-parameters.ts';
import { type RouteContract, type RouteName, routes } from '../../core/contracts/routes.ts';
import { Refusal } from '../../core/reason.ts';
import { findApp, requireRole } from '../access/app-access.ts';
import type { Authenticate } from '../access/authenticator.ts';
import { isRole, permissions } from '../access/permissions.ts';
import type { Principal } from '../access/principal.ts';
import { requireKind, requireStanding } from '../access/standing.ts';
import type { Store } from '../store/store.ts';
import type { Call } from './call.ts';

/** What a request says, not yet believed. */
export interface Said {
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: unknown;
  readonly body: unknown;
}

/** Lets a request of a route through to its handler. @throws Refusal 401, 403, 404; ZodError */
export type Gate = <N extends RouteName>(name: N, request: IncomingMessage, said: Said) => Promise<Call<N>>;

const parameters = new Map<RouteName, z.ZodType>(
  (Object.keys(routes) as RouteName[]).map((name) => [
    name,
    z.object(Object.fromEntries(parameterNames(routes[name].path).map((key) => [key, pathParameters[key]]))),
  ]),
);

/**
 * In this order: who asks, whether the app is there for them, whether they may, whether what they sent is well
 * formed. So nobody learns anything about what they may not use.
 */
export function createGate(store: Pick<Store, 'apps' | 'people'>, authenticate: Authenticate): Gate {
  return async <N extends RouteName>(name: N, request: IncomingMessage, said: Said) => {
    const contract: RouteContract = routes[name];
    const principal = await authenticate(request);
    const scope = admit(store, name, principal, said.params['app']);
    const params = parameters.get(name)?.parse(said.params);
    const query = contract.query?.parse(said.query);
    if (contract.body) refusePrototypes(said.body);
    const body = contract.body?.parse(said.body ?? {});
    return { principal, params, query, body, ...scope } as unknown as Call<N>;
  };
}

/** The schemas would leave such a field out, as if it had not been sent. @throws Refusal 422 `invalid_request` */
function refusePrototypes(body: unknown): void {
  // A list of what is to be looked at, as a body may be nested deeper than calls may be.
  const left = [body];
  for (let value = left.pop(); value !== undefined || left.length > 0; value = left.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    if (Object.hasOwn(value, '__proto__')) {
      throw new Refusal(
        422,
        'invalid_request',
        'the request cannot be used: no field and no key can be called __proto__',
        'take another name for it',
      );
    }
    for (const inner of Object.values(value)) left.push(inner);
  }
}

function admit(
  store: Pick<Store, 'apps' | 'people'>,
  name: RouteName,
  principal: Principal,
  app: unknown,
): object {
  const need = permissions[name];
  if (!isRole(need)) {
    requireKind(name, principal);
    requireStanding(need, principal);
    return {};
  }
  const found = findApp(store, principal, String(app));
  requireKind(name, principal);
  requireRole(store, principal, found.app, found.role, need);
  return found;
}
