import { setTimeout as pause } from 'node:timers/promises';
import type { CoreV1Event } from '@kubernetes/client-node';
import { Refusal } from '../../../core/reason.ts';
import type { Cluster } from '../api/cluster.ts';
import { notMade } from './cluster-reasons.ts';
import type { OneOffPlace } from './one-off-pod.ts';

/** Milliseconds: what the controller is refused for a moment, as its namespace is new, it is given when it tries again. */
const NO_POD_MS = 20_000;
const CALL_MS = 10_000;

/**
 * Watches over a Job that has no pod. That none can be made is told by an event alone.
 * @param source `run.1`
 * @throws Refusal; the signal's AbortError
 */
export async function untilRefused(
  cluster: Pick<Cluster, 'stream'>,
  job: OneOffPlace,
  { source, hasPod, signal }: { source: string; hasPod: () => boolean; signal: AbortSignal },
): Promise<never> {
  for (;;) {
    await pause(NO_POD_MS, undefined, { signal });
    if (hasPod()) continue;
    // An API server that is away says nothing about the Job.
    const said = await failedCreate(cluster, job, signal).catch(() => undefined);
    if (said === undefined || hasPod()) continue;
    throw Refusal.of(422, notMade(said, source));
  }
}

/** @returns what the API said when it refused the Job's controller a pod */
export async function failedCreate(
  cluster: Pick<Cluster, 'stream'>,
  { namespace, name, job }: OneOffPlace,
  signal: AbortSignal,
): Promise<string | undefined> {
  const of = { kind: 'Job', name, ...(job === undefined ? {} : { uid: job }) };
  const involved = Object.entries(of).map(([field, value]) => `involvedObject.${field}=${value}`);
  const response = await cluster.stream(
    `/api/v1/namespaces/${namespace}/events`,
    { fieldSelector: `${involved.join(',')},reason=FailedCreate` },
    AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]),
  );
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  const { items = [] } = JSON.parse(text) as { items?: CoreV1Event[] };
  const [event] = items;
  return event && (event.message ?? 'no reason given');
}
