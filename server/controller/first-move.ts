import { replicasFor, weightOf } from '../../core/canary/capacity.ts';
import type { CanaryPolicy } from '../../core/manifest/manifest.ts';
import type { ProcessSpec, ReleaseSpec, Replica } from '../../engines/port.ts';
import { answering } from './route-of.ts';
import type { Rolling } from './rolling.ts';

/** What a rollout does once these processes are ready. */
export type FirstMove =
  | {
      readonly to: 'promoting';
      readonly processes: readonly ProcessSpec[];
      /** For people, where it is not what they expect. */
      readonly why?: string;
    }
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
  if (nothingRuns(spec)) return { to: 'promoting', processes: first, why: howToRun(spec) };
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

/** Whether what a canary would be compared by is scaled to 0: `web`, or all that there is without it. */
export function nothingToCompare(spec: ReleaseSpec): boolean {
  const web = spec.processes.find(({ type }) => type === 'web');
  return web ? web.replicas === 0 : nothingRuns(spec);
}

function nothingRuns({ processes }: ReleaseSpec): boolean {
  return processes.every(({ replicas }) => replicas === 0);
}

/** Of a fresh app without `web` nothing runs until somebody says how many. */
function howToRun({ app, processes }: ReleaseSpec): string {
  const scale = processes.map(({ type }) => `${type}=1`).join(' ');
  return `nothing of it runs; to start it: sluice ps:scale ${scale} -a ${app.name}`;
}
