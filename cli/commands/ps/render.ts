import { failureScreen } from '../../../core/failure/screen.ts';
import type { Process } from '../../../core/contracts/resources.ts';
import type { Output } from '../../render/output.ts';

/**
 * Replicas, one a line; a process type without any has a line of its own. People are told below why one is not up, with
 * its last lines; in a pipe each line stays one replica.
 */
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
  const ill = processes.flatMap(({ type, running }) => running.map((one) => ({ type, ...one })));
  for (const { type, index, state, reason } of ill) {
    if (reason) out.explain(failureScreen({ replica: `${type}.${index}`, state }, reason));
  }
}
