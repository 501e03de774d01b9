import type { Process } from '../../../core/contracts/resources.ts';
import type { Output } from '../../render/output.ts';

/** Replicas, one a line; a process type without any has a line of its own. */
export function renderProcesses(out: Output, processes: readonly Process[]): void {
  out.table(
    ['PROCESS', 'STATE', 'RELEASE', 'UP', 'RESTARTS', 'COMMAND', 'REASON'],
    processes.flatMap(({ type, command, replicas, running }) =>
      running.length === 0
        ? [[type, replicas === 0 ? 'scaled to 0' : `0 of ${replicas}`, '-', '', '-', command, '']]
        : running.map((replica) => [
            `${type}.${replica.index}`,
            replica.state,
            `v${replica.release}`,
            out.time(replica.startedAt),
            String(replica.restarts),
            command,
            replica.reason?.message ?? '',
          ]),
    ),
    'No processes yet. Type: git push platform main',
  );
}
