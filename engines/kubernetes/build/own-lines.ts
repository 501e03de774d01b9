import type { V1Job } from '@kubernetes/client-node';
import type { Cluster } from '../api/cluster.ts';
import { unless } from '../api/errors.ts';
import type { OwnLines } from './merged-log.ts';

/** Annotation of a Job: what the runner has put into the log of its attempt. */
export const OWN_LINES = 'sluice.dev/own-lines';

const NOT_FOUND = 404;

export function ownLinesOf(job: V1Job): OwnLines {
  const text = job.metadata?.annotations?.[OWN_LINES];
  return text === undefined ? { before: 0, lines: [] } : (JSON.parse(text) as OwnLines);
}

export async function saveOwnLines(cluster: Cluster, job: V1Job, own: OwnLines): Promise<void> {
  const { name = '', namespace = '' } = job.metadata ?? {};
  const metadata = { name, namespace, annotations: { [OWN_LINES]: JSON.stringify(own) } };
  await unless([NOT_FOUND], cluster.merge({ apiVersion: 'batch/v1', kind: 'Job', metadata }));
}
