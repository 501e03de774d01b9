import { Problem } from '../../core/contracts/resources.ts';
import { Exit, Failure, unreached } from '../failure.ts';

/** The SSH front answers in the server's place while that one is down or starts again. */
const FRONT_ALONE = 'platform_unreachable';

/** What an answer that is no success says: its reason when the platform wrote it, else that it was not reached. */
export function problemOf(status: number, body: string): Failure {
  const problem = Problem.safeParse(parseJson(body));
  if (problem.success) {
    const { reason } = problem.data;
    return new Failure(reason.code === FRONT_ALONE ? Exit.unreached : Exit.failed, reason);
  }
  return unreached(
    `the answer (HTTP ${status}) is not one of a Sluice platform`,
    'Check the address; is there a proxy in between? Type: sluice doctor',
    body.trim() === '' ? [] : [body.trim().slice(0, 200)],
  );
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
