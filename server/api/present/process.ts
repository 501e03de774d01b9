import type { Process } from '../../../core/contracts/resources.ts';
import type { ProcessSpec, Replica } from '../../../engines/port.ts';
import { iso, optional } from './time.ts';

/**
 * What should run by the live release, with what does run of any release. A type that only another release has
 * (one on its way in or out) is shown with no replicas wanted. `command` is '' for the image's own. What only waits for
 * somebody to go back to it is `warm` instead of `ready`.
 */
export function presentProcesses(
  specs: readonly ProcessSpec[],
  replicas: readonly Replica[],
  numberOf: (releaseId: string) => number | undefined,
  isWarm: (releaseId: string) => boolean,
): Process[] {
  const types = new Set([...specs.map(({ type }) => type), ...replicas.map(({ process }) => process)]);
  return [...types].map((type) => {
    const spec = specs.find((candidate) => candidate.type === type);
    return {
      type,
      command: spec?.command ?? '',
      replicas: spec?.replicas ?? 0,
      running: replicas
        .filter(({ process }) => process === type)
        .flatMap((replica) => presentReplica(replica, numberOf, isWarm)),
    };
  });
}

function presentReplica(
  replica: Replica,
  numberOf: (releaseId: string) => number | undefined,
  isWarm: (releaseId: string) => boolean,
): Process['running'] {
  const release = numberOf(replica.releaseId);
  if (release === undefined) return [];
  return [
    {
      name: replica.name,
      index: replica.index,
      release,
      state: replica.state === 'ready' && isWarm(replica.releaseId) ? 'warm' : replica.state,
      restarts: replica.restarts,
      ...optional('startedAt', replica.startedAt === undefined ? undefined : iso(replica.startedAt)),
      ...optional('reason', replica.reason),
    },
  ];
}
