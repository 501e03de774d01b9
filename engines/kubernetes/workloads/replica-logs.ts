import type { LogSource, ReplicaLogs } from '../../logs/app-logs.ts';
import type { StampedLine } from '../../logs/log-lines.ts';
import type { Cluster } from '../api/cluster.ts';
import type { Fleet, Tracked } from './fleet.ts';
import type { LogKeeper } from './log-keeper.ts';
import { hasNoLog, podLog } from './pod-logs.ts';

/** Logs of replicas as the cluster has them: of the life that each pod is in. */
export class PodLogs implements ReplicaLogs {
  private readonly cluster: Cluster;
  private readonly fleet: Fleet;
  private readonly keeper: LogKeeper;

  constructor(cluster: Cluster, fleet: Fleet, keeper: LogKeeper) {
    this.cluster = cluster;
    this.fleet = fleet;
    this.keeper = keeper;
  }

  async list(appId: string): Promise<LogSource[]> {
    await this.fleet.heard();
    await this.keeper.settled(appId);
    return this.fleet
      .find({ appId })
      .filter((one) => !this.keeper.hasKept(one))
      .map((one) => ({ id: one.uid, release: one.releaseNumber, process: one.process, index: one.index }));
  }

  async *tail({ id }: LogSource, lines: number, signal: AbortSignal): AsyncGenerator<StampedLine> {
    const one = this.find(id);
    if (one !== undefined) yield* unlessGone(podLog(this.cluster, one, { tail: lines, signal }));
  }

  async *follow(
    { id }: LogSource,
    after: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<StampedLine> {
    const one = this.find(id);
    if (one === undefined) return;
    const range = { follow: true, signal, ...(after === undefined ? {} : { after }) };
    yield* unlessGone(podLog(this.cluster, one, range));
  }

  onStart(listener: (started: { id: string; appId: string }) => void): () => void {
    return this.fleet.onEvent({ started: ({ uid, appId }) => listener({ id: uid, appId }) });
  }

  private find(uid: string): Tracked | undefined {
    return this.fleet.find({}).find((one) => one.uid === uid);
  }
}

async function* unlessGone(lines: AsyncIterable<StampedLine>): AsyncGenerator<StampedLine> {
  try {
    yield* lines;
  } catch (error) {
    if (!hasNoLog(error)) throw error;
  }
}
