import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { reason } from '../../core/reason.ts';
import { problem, PROBLEM_TYPE, tell } from './problem.ts';
import { TooManyRequests } from './too-many-requests.ts';

export const unknownRoute: RequestHandler = (request, response) => {
  const why = reason(
    'route_not_found',
    `there is no ${request.method} here`,
    'GET /v1/openapi.json names every route',
  );
  response
    .status(404)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problem(404, why)));
};

/** The last handler: every error becomes a problem; an unexpected one is logged with its cause. */
export function problemAnswers(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const told = tell(error);
    if (told.errorId !== undefined) {
      log.error(
        { err: error, errorId: told.errorId, method: request.method, path: request.path },
        'a request failed',
      );
    }
    if (response.headersSent) {
      // Part of the answer is out: cutting it short is the only way left to say that it is not whole. What was
      // written leaves at the end of this turn, so not before.
      setImmediate(() => response.socket?.destroySoon());
      return;
    }
    const { problem: body } = told;
    if (error instanceof TooManyRequests) response.set('Retry-After', String(error.retryAfterSeconds));
    if (body.status === 401) response.set('WWW-Authenticate', 'Bearer');
    response.status(body.status).type(PROBLEM_TYPE).send(JSON.stringify(body));
  };
}
