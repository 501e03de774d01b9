import type { Facts } from '../facts.ts';

/** I7: whatever is wrong with the disk, going back works. */
export function rollbacks(facts: Facts): string[] {
  return facts.rollbacks
    .filter((rollback) => rollback.code !== 0)
    .map(
      (rollback) =>
        `I7: a rollback of ${rollback.app} with ${rollback.during} ended with ${rollback.code}: ${rollback.output.trim()}`,
    );
}
