import { counted } from '../../../core/canary/figures.ts';
import type { AppRef, LogLine, LogOptions } from '../../port.ts';
import { engineStatus } from '../client.ts';
import { containerLog } from './container-logs.ts';
import type { Containers } from './containers.ts';
import type { KeptLogs } from '../../logs/kept-logs.ts';
import { readReplicaLabels } from './labels.ts';
import { LineQueue } from '../../logs/line-queue.ts';
import type { StampedLine } from '../../logs/log-lines.ts';
import { NewestLines } from '../../logs/newest-lines.ts';
import type { Supervisor } from './supervisor.ts';
import { wholeLog, type LogSource } from './whole-log.ts';

/** Bounds of what one reader may hold in memory. */
const MOST_TAIL_CHARACTERS = 16 * 1024 * 1024;
const QUEUED = { lines: 250, characters: 4 * 1024, bytes: 2 * 1024 * 1024 };

interface Source {
  readonly containerId: string;
  readonly release: number;
  readonly name: string;
}

/** Which replicas are meant; what is left out matches all. */
type Wanted = Pick<LogOptions, 'process' | 'release'>;

type Entry = LogLine & Pick<StampedLine, 'stamp' | 'notice'>;

/** An app's log: what replicas that are gone have left, what those that run have written and still write. */
export class AppLogs {
  private readonly containers: Containers;
  private readonly supervisor: Supervisor;
  private readonly keptLogs: KeptLogs;

  constructor(containers: Containers, supervisor: Supervisor, keptLogs: KeptLogs) {
    this.containers = containers;
    this.supervisor = supervisor;
    this.keptLogs = keptLogs;
  }

  async *read(app: AppRef, options: LogOptions): AsyncGenerator<LogLine> {
    const stop = new AbortController();
    const signal =
      options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
    const queue = new LineQueue<Entry>(QUEUED, tellLeftOut);
    const follower = new Follower(this.containers, app.id, options, queue, signal);
    // Heard from before the past is read, so that no start falls between the two.
    const deaf = options.follow ? this.supervisor.onStart((started) => follower.started(started)) : undefined;
    const aborted = (): void => queue.close();
    signal.addEventListener('abort', aborted);
    try {
      const { lines, sources, reached } = await this.past(app.id, options, signal);
      // Before the reader takes the past, which may last as long as it likes.
      if (options.follow) follower.begin(sources, reached);
      for (const entry of lines) yield publicPart(entry);
      if (!options.follow || signal.aborted) return;
      for await (const entry of queue.read()) yield publicPart(entry);
    } finally {
      deaf?.();
      signal.removeEventListener('abort', aborted);
      stop.abort();
      queue.close();
    }
  }

  private async past(appId: string, options: LogOptions, signal: AbortSignal) {
    const now = new Date().toISOString();
    const sources = await listSources(this.containers, appId, options);
    const newest = new NewestLines<Entry>(options.tail, MOST_TAIL_CHARACTERS);
    const reached = new Map<string, string>();
    if (options.tail === 0) {
      for (const { containerId } of sources) reached.set(containerId, now);
      return { lines: [], sources, reached };
    }
    for (const kept of await this.keptLogs.list(appId)) {
      if (!isWanted(options, kept.process, kept.release)) continue;
      const from = { containerId: '', release: kept.release, name: `${kept.process}.${kept.index}` };
      for await (const line of this.keptLogs.lines(kept)) newest.add(entryOf(from, line));
    }
    for (const source of sources) {
      const container = this.containers.docker.getContainer(source.containerId);
      try {
        for await (const line of containerLog(container, { tail: options.tail, signal })) {
          newest.add(entryOf(source, line));
          reached.set(source.containerId, line.stamp);
        }
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    }
    return { lines: newest.lines(), sources, reached };
  }
}

/** Follows each of an app's replicas while it runs, and those that start later. */
class Follower {
  private readonly containers: Containers;
  private readonly appId: string;
  private readonly wanted: Wanted;
  private readonly queue: LineQueue<Entry>;
  private readonly signal: AbortSignal;
  private readonly open = new Set<string>();
  /** Started again while its stream was still open: to be opened once more. */
  private readonly again = new Set<string>();
  private reached = new Map<string, string>();
  private early: string[] | undefined = [];

  constructor(
    containers: Containers,
    appId: string,
    wanted: Wanted,
    queue: LineQueue<Entry>,
    signal: AbortSignal,
  ) {
    this.containers = containers;
    this.appId = appId;
    this.wanted = wanted;
    this.queue = queue;
    this.signal = signal;
  }

  begin(sources: readonly Source[], reached: Map<string, string>): void {
    this.reached = reached;
    const early = this.early ?? [];
    this.early = undefined;
    for (const source of sources) this.follow(source);
    for (const containerId of early) if (!this.open.has(containerId)) this.find(containerId);
  }

  started({ containerId, appId }: { containerId: string; appId: string }): void {
    if (appId !== this.appId || this.signal.aborted) return;
    if (this.early !== undefined) this.early.push(containerId);
    else if (this.open.has(containerId)) this.again.add(containerId);
    else this.find(containerId);
  }

  private find(containerId: string): void {
    this.orFail(async () => {
      const sources = await listSources(this.containers, this.appId, this.wanted);
      const source = sources.find((candidate) => candidate.containerId === containerId);
      if (source !== undefined && !this.open.has(containerId)) this.follow(source);
    });
  }

  private follow(source: Source): void {
    this.open.add(source.containerId);
    this.orFail(async () => {
      await this.copy(source);
      this.open.delete(source.containerId);
      if (this.again.delete(source.containerId) && !this.signal.aborted) this.follow(source);
    });
  }

  /** What goes wrong here is thrown to the reader. */
  private orFail(task: () => Promise<void>): void {
    task().catch((error: unknown) => this.queue.close(error));
  }

  private async copy(source: Source): Promise<void> {
    const reached = this.reached.get(source.containerId);
    const container = this.containers.docker.getContainer(source.containerId);
    const log: LogSource = {
      follow: (after = reached, stop) => {
        const signal = AbortSignal.any([this.signal, stop]);
        return containerLog(container, { follow: true, signal, ...(after === undefined ? {} : { after }) });
      },
      since: (stamp) => containerLog(container, { from: secondBefore(stamp), signal: this.signal }),
      lost: lostByTheEngine,
    };
    try {
      for await (const line of wholeLog(log)) {
        this.reached.set(source.containerId, line.stamp);
        if (!this.queue.push(entryOf(source, line))) return;
      }
    } catch (error) {
      if (!isGone(error) && !this.signal.aborted) throw error;
    }
  }
}

async function listSources(containers: Containers, appId: string, wanted: Wanted): Promise<Source[]> {
  return (await containers.list({ appId, kind: 'replica' })).flatMap((container) => {
    const id = readReplicaLabels(container.Labels);
    if (id === undefined || !isWanted(wanted, id.process, id.releaseNumber)) return [];
    return [{ containerId: container.Id, release: id.releaseNumber, name: `${id.process}.${id.index}` }];
  });
}

function isWanted(wanted: Wanted, process: string, release: number): boolean {
  return (
    (wanted.process === undefined || wanted.process === process) &&
    (wanted.release === undefined || wanted.release === release)
  );
}

function entryOf(source: Source, line: StampedLine): Entry {
  const { at, text, stamp, notice } = line;
  const entry = { at, release: source.release, source: source.name, text, stamp };
  return notice === true ? { ...entry, notice } : entry;
}

function publicPart({ at, release, source, text }: Entry): LogLine {
  return { at, release, source, text };
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

/** Stands where the lines would. The time is that of the last of them, so that a reader who comes again knows it has passed. */
function tellLeftOut(count: number, last: Entry): Entry {
  const text = `${counted(count, 'line')} left out: they came faster than they were read`;
  return { ...last, source: 'sluice', text };
}

/** The container was removed, or never started so that it has no log. */
function isGone(error: unknown): boolean {
  return engineStatus(error) === 404 || engineStatus(error) === 409;
}
