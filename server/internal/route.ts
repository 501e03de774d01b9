import type { Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';

/** A JSON route of the internal API: body in, answer out, both by contract. */
export function json<B extends z.ZodType>(
  body: B,
  handler: (body: z.infer<B>, request: Request) => Promise<unknown>,
): RequestHandler {
  return async (request: Request, response: Response) => {
    response.json((await handler(body.parse(request.body), request)) ?? {});
  };
}

export function parameter(request: Request, name: string): string {
  const value = request.params[name];
  return typeof value === 'string' ? value : '';
}

/** A whole number from the query, 0 when it is not there. */
export function numberIn(request: Request, name: string): number {
  const value = Number(request.query[name] ?? 0);
  return Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
