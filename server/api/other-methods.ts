import type { RequestHandler, Router } from 'express';
import { type RouteContract, routes } from '../../core/contracts/routes.ts';
import { Refusal } from '../../core/reason.ts';

/** Paths of the API asked with a method that they do not have: 405, or for OPTIONS which they have (RFC 9110, 15.5.6). */
export function registerOtherMethods(router: Router): void {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of Object.values(routes) as RouteContract[]) {
    const known = methods.get(path) ?? new Set();
    methods.set(path, known.add(method));
    if (method === 'GET') known.add('HEAD');
  }
  for (const [path, known] of methods) router.all(path, otherMethod([...known, 'OPTIONS'].sort().join(', ')));
}

function otherMethod(allow: string): RequestHandler {
  return (request, response) => {
    response.set('Allow', allow);
    if (request.method === 'OPTIONS') return void response.status(204).end();
    throw new Refusal(
      405,
      'method_not_allowed',
      `${request.method} is not done here`,
      `use one of ${allow}; GET /v1/openapi.json names every route`,
    );
  };
}
