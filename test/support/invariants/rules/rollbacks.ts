import type { Facts } from '../facts.ts';

/** I7: going back works, whatever is wrong that it needs nothing of, and when all has settled. */
export function rollbacks(facts: Facts): string[] {
  return facts.rollbacks
    .filter((rollback) => rollback.code !== 0)
    .map(
      (rollback) =>
        `I7: a rollback of ${rollback.app} with ${rollback.during} ended with ${rollback.code}: ${rollback.output.trim()}`,
    );
}
