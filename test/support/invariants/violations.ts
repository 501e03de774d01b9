import type { Facts } from './facts.ts';
import { canaries } from './rules/canaries.ts';
import { containers } from './rules/containers.ts';
import { endings } from './rules/endings.ts';
import { leftovers } from './rules/leftovers.ts';
import { locks } from './rules/locks.ts';
import { oneTruth } from './rules/one-truth.ts';
import { pushes } from './rules/pushes.ts';
import { queue } from './rules/queue.ts';
import { readers } from './rules/readers.ts';
import { repositories } from './rules/repositories.ts';
import { rollbacks } from './rules/rollbacks.ts';
import { secrets } from './rules/secrets.ts';
import { visits } from './rules/visits.ts';
import { wishes } from './rules/wishes.ts';
import { writers } from './rules/writers.ts';

const RULES = [
  endings,
  oneTruth,
  repositories,
  containers,
  leftovers,
  locks,
  queue,
  pushes,
  wishes,
  visits,
  rollbacks,
  canaries,
  writers,
  readers,
  secrets,
];

/** Every invariant of the design that the facts break, one sentence each with its number; empty when all is well. */
export function violations(facts: Facts): string[] {
  return RULES.flatMap((rule) => rule(facts));
}
