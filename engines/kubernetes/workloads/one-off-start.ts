import type { V1Pod } from '@kubernetes/client-node';
import { Refusal } from '../../../core/reason.ts';
import type { ReleaseSpec } from '../../port.ts';
import type { Cluster } from '../api/cluster.ts';
import { heldUp, neverStarted } from './cluster-reasons.ts';
import type { Fleet } from './fleet.ts';
import { placeOf, podAt, untilPod, type OneOffPlace } from './one-off-pod.ts';
import { podFacts } from './pod-facts.ts';
import type { PodPlace } from './pod-logs.ts';
import { untilRefused } from './refused-pod.ts';

/** A one-off as people see it. */
export const SOURCE = 'run.1';
/** Milliseconds until a command must run: an image may have to be pulled. */
const START_MS = 300_000;

/**
 * @param asked the pod, or the Job that makes it
 * @throws Refusal that says why it does not run
 */
export async function untilRunning(
  { cluster, fleet }: { readonly cluster: Cluster; readonly fleet: Fleet },
  release: ReleaseSpec,
  asked: OneOffPlace,
  isJob: boolean,
): Promise<PodPlace> {
  const whose = { appName: release.app.name, release: release.releaseNumber, source: SOURCE };
  let why = heldUp(podFacts({}), whose);
  const look = (pod: V1Pod | undefined): PodPlace | undefined => {
    if (pod === undefined) return undefined;
    const facts = podFacts(pod);
    if (facts.phase === 'running') return placeOf(pod);
    if (facts.leaving || facts.phase === 'over' || facts.phase === 'ended') {
      throw Refusal.of(422, neverStarted(whose, facts.ended?.message ?? ''));
    }
    why = heldUp(facts, whose) ?? why;
    if (why?.lasting !== true) return undefined;
    throw Refusal.of(422, why.reason);
  };
  const over = new AbortController();
  const { signal } = over;
  const hasPod = (): boolean => podAt(fleet, asked) !== undefined;
  try {
    return await Promise.race([
      untilPod(fleet, asked, look, { ms: START_MS, until: 'start', signal }),
      ...(isJob ? [untilRefused(cluster, asked, { source: SOURCE, hasPod, signal })] : []),
    ]);
  } catch (error) {
    if (error instanceof Refusal || why === undefined) throw error;
    throw Refusal.of(503, why.reason);
  } finally {
    over.abort();
  }
}
