import { replicasFor, weightOf } from '../../core/canary/capacity.ts';
import type { CanaryPolicy } from '../../core/manifest/manifest.ts';
import type { ProcessSpec, Replica } from '../../engines/port.ts';
import { answering } from './route-of.ts';
import type { Rolling } from './rollout.ts';

/** What a rollout does once these processes are ready. */
export type FirstMove =
  | { readonly to: 'promoting'; readonly processes: readonly ProcessSpec[]; readonly why?: string }
  | {
      readonly to: 'canary';
      readonly kind: 'web' | 'workers';
      readonly processes: readonly ProcessSpec[];
      readonly policy: CanaryPolicy;
      /** Parts of 10,000; 0 without `web`, which has no traffic. */
      readonly weight: number;
    };

/**
 * A canary where there is something to compare with; else it is live as soon as it is healthy: the first release, one
 * whose predecessor answers nobody, and wherever nobody wants a canary.
 */
export function firstMove(
  { rollout, spec }: Pick<Rolling, 'rollout' | 'spec'>,
  live: string | null,
  replicas: readonly Replica[],
): FirstMove {
  const web = spec.processes.find(({ type }) => type === 'web');
  const { canary: policy } = rollout.plan;
  const first = web ? [web] : spec.processes;
  if (policy === false || live === null) return { to: 'promoting', processes: first };
  if (!web) return { to: 'canary', kind: 'workers', processes: first, policy, weight: 0 };
  if (answering(replicas, live).length === 0) {
    const why = 'what is live has no healthy web process, so there is nothing to compare with: no canary';
    return { to: 'promoting', processes: first, why };
  }
  const weight = weightOf(policy.steps[0] as number);
  const replicasOfFirst = replicasFor(weight, web.replicas);
  if (replicasOfFirst === 0) return { to: 'promoting', processes: first };
  const processes = [{ ...web, replicas: replicasOfFirst }];
  return { to: 'canary', kind: 'web', processes, policy, weight };
}
