import type { LogSource, ReplicaLogs } from '../../logs/app-logs.ts';
import type { StampedLine } from '../../logs/log-lines.ts';
import { engineStatus } from '../client.ts';
import { containerLog } from './container-logs.ts';
import type { Containers } from './containers.ts';
import { readReplicaLabels } from './labels.ts';
import type { Supervisor } from './supervisor.ts';
import { wholeLog } from './whole-log.ts';

/** Logs of replicas as the Docker engine has them. */
export class DockerReplicaLogs implements ReplicaLogs {
  private readonly containers: Containers;
  private readonly supervisor: Supervisor;

  constructor(containers: Containers, supervisor: Supervisor) {
    this.containers = containers;
    this.supervisor = supervisor;
  }

  async list(appId: string): Promise<LogSource[]> {
    return (await this.containers.list({ appId, kind: 'replica' })).flatMap(({ Id: id, Labels: labels }) => {
      const found = readReplicaLabels(labels);
      if (found === undefined) return [];
      return [{ id, release: found.releaseNumber, process: found.process, index: found.index }];
    });
  }

  tail({ id }: LogSource, lines: number, signal: AbortSignal): AsyncIterable<StampedLine> {
    return unlessGone(containerLog(this.container(id), { tail: lines, signal }));
  }

  follow({ id }: LogSource, start: string | undefined, signal: AbortSignal): AsyncIterable<StampedLine> {
    const container = this.container(id);
    const lines = wholeLog({
      follow: (after = start, stop) => {
        const either = AbortSignal.any([signal, stop]);
        const from = after === undefined ? {} : { after };
        return containerLog(container, { follow: true, signal: either, ...from });
      },
      since: (stamp) => containerLog(container, { from: secondBefore(stamp), signal }),
      lost: lostByTheEngine,
    });
    return unlessGone(lines, signal);
  }

  onStart(listener: (started: { id: string; appId: string }) => void): () => void {
    return this.supervisor.onStart(({ containerId, appId }) => listener({ id: containerId, appId }));
  }

  private container(id: string) {
    return this.containers.docker.getContainer(id);
  }
}

async function* unlessGone(
  lines: AsyncIterable<StampedLine>,
  signal?: AbortSignal,
): AsyncGenerator<StampedLine> {
  try {
    yield* lines;
  } catch (error) {
    if (!isGone(error) && signal?.aborted !== true) throw error;
  }
}

/** The container was removed, or never started so that it has no log. */
function isGone(error: unknown): boolean {
  return engineStatus(error) === 404 || engineStatus(error) === 409;
}

/** The engine may leave out the last line of a file that it has put away; with those before it, it is there. */
function secondBefore(stamp: string): string {
  return new Date(Date.parse(stamp) - 1_000).toISOString();
}

function lostByTheEngine(next: StampedLine): StampedLine {
  return {
    ...next,
    notice: true,
    text: 'some lines may be missing here: the engine keeps no more than the newest 30 MB',
  };
}
