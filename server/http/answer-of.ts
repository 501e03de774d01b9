import type { RequestHandler } from 'express';
import type { IncomingMessage, ServerResponse } from 'node:http';

const answers = new WeakMap<IncomingMessage, ServerResponse>();

/** Remembers where the answer to a request goes, for checks that are given the request alone. */
export const rememberAnswer: RequestHandler = (request, response, next) => {
  answers.set(request, response);
  next();
};

/** undefined for a request whose answer is another protocol. */
export function answerOf(request: IncomingMessage): ServerResponse | undefined {
  return answers.get(request);
}
