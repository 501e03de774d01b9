import { counted } from '../../core/canary/figures.ts';
import type { AppRef, LogLine, LogOptions } from '../port.ts';
import type { KeptLogs } from './kept-logs.ts';
import { lineFilter } from './line-filter.ts';
import { LineQueue } from './line-queue.ts';
import type { StampedLine } from './log-lines.ts';
import { NewestLines } from './newest-lines.ts';

/** Bounds of what one reader may hold in memory. */
const MOST_TAIL_LINES = 10_000;
const MOST_TAIL_CHARACTERS = 16 * 1024 * 1024;
const QUEUED = { lines: 250, characters: 4 * 1024, bytes: 2 * 1024 * 1024 };

/** A replica whose log the engine has. */
export interface LogSource {
  /** Of its container or pod. */
  readonly id: string;
  readonly release: number;
  readonly process: string;
  readonly index: number;
}

/** The engine's logs of replicas that are there. */
export interface ReplicaLogs {
  list(appId: string): Promise<readonly LogSource[]>;
  /** Its last lines, oldest first; none when it has no log or is gone. */
  tail(source: LogSource, lines: number, signal: AbortSignal): AsyncIterable<StampedLine>;
  /** Goes on until its container ends. @param after only what came after the line with this time */
  follow(source: LogSource, after: string | undefined, signal: AbortSignal): AsyncIterable<StampedLine>;
  /** Calls back whenever a replica's container starts, also again; returns how to stop. */
  onStart(listener: (started: { readonly id: string; readonly appId: string }) => void): () => void;
}

/** Which replicas are meant; what is left out matches all. */
type Wanted = Pick<LogOptions, 'process' | 'release' | 'since' | 'level'>;

type Entry = LogLine & Pick<StampedLine, 'stamp' | 'notice'>;

/** An app's log: what replicas that are gone have left, what those that run have written and still write. */
export class AppLogs {
  private readonly replicaLogs: ReplicaLogs;
  private readonly keptLogs: KeptLogs;

  constructor(replicaLogs: ReplicaLogs, keptLogs: KeptLogs) {
    this.replicaLogs = replicaLogs;
    this.keptLogs = keptLogs;
  }

  async *read(app: AppRef, options: LogOptions): AsyncGenerator<LogLine> {
    const stop = new AbortController();
    const signal =
      options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
    const queue = new LineQueue<Entry>(QUEUED, tellLeftOut);
    const follower = new Follower(this.replicaLogs, app.id, options, queue, signal);
    // Heard from before the past is read, so that no start falls between the two.
    const deaf = options.follow
      ? this.replicaLogs.onStart((started) => follower.started(started))
      : undefined;
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
    const sources = await listSources(this.replicaLogs, appId, options);
    const newest = new NewestLines<Entry>(options.tail, MOST_TAIL_CHARACTERS);
    const reached = new Map<string, string>();
    if (options.tail === 0) {
      for (const { id } of sources) reached.set(id, now);
      return { lines: [], sources, reached };
    }
    for (const kept of await this.keptLogs.list(appId)) {
      if (!isWanted(options, kept.process, kept.release)) continue;
      const passes = lineFilter(options);
      for await (const line of this.keptLogs.lines(kept))
        if (passes('', line)) newest.add(entryOf(kept, line));
    }
    // Of lines of one level any number may have to be read to find as many as are wanted.
    const looked = options.level === undefined ? options.tail : MOST_TAIL_LINES;
    for (const source of sources) {
      const passes = lineFilter(options);
      for await (const line of this.replicaLogs.tail(source, looked, signal)) {
        if (passes('', line)) newest.add(entryOf(source, line));
        reached.set(source.id, line.stamp);
      }
    }
    return { lines: newest.lines(), sources, reached };
  }
}

/** Follows each of an app's replicas while it runs, and those that start later. */
class Follower {
  private readonly replicaLogs: ReplicaLogs;
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
    replicaLogs: ReplicaLogs,
    appId: string,
    wanted: Wanted,
    queue: LineQueue<Entry>,
    signal: AbortSignal,
  ) {
    this.replicaLogs = replicaLogs;
    this.appId = appId;
    this.wanted = wanted;
    this.queue = queue;
    this.signal = signal;
  }

  begin(sources: readonly LogSource[], reached: Map<string, string>): void {
    this.reached = reached;
    const early = this.early ?? [];
    this.early = undefined;
    for (const source of sources) this.follow(source);
    for (const id of early) if (!this.open.has(id)) this.find(id);
  }

  started({ id, appId }: { id: string; appId: string }): void {
    if (appId !== this.appId || this.signal.aborted) return;
    if (this.early !== undefined) this.early.push(id);
    else if (this.open.has(id)) this.again.add(id);
    else this.find(id);
  }

  private find(id: string): void {
    this.orFail(async () => {
      const sources = await listSources(this.replicaLogs, this.appId, this.wanted);
      const source = sources.find((candidate) => candidate.id === id);
      if (source !== undefined && !this.open.has(id)) this.follow(source);
    });
  }

  private follow(source: LogSource): void {
    this.open.add(source.id);
    this.orFail(async () => {
      await this.copy(source);
      this.open.delete(source.id);
      if (this.again.delete(source.id) && !this.signal.aborted) this.follow(source);
    });
  }

  /** What goes wrong here is thrown to the reader. */
  private orFail(task: () => Promise<void>): void {
    task().catch((error: unknown) => this.queue.close(error));
  }

  private async copy(source: LogSource): Promise<void> {
    const reached = this.reached.get(source.id);
    const passes = lineFilter(this.wanted);
    for await (const line of this.replicaLogs.follow(source, reached, this.signal)) {
      this.reached.set(source.id, line.stamp);
      if (passes('', line) && !this.queue.push(entryOf(source, line))) return;
    }
  }
}

async function listSources(
  replicaLogs: ReplicaLogs,
  appId: string,
  wanted: Wanted,
): Promise<readonly LogSource[]> {
  const sources = await replicaLogs.list(appId);
  return sources.filter(({ process, release }) => isWanted(wanted, process, release));
}

function isWanted(wanted: Wanted, process: string, release: number): boolean {
  return (
    (wanted.process === undefined || wanted.process === process) &&
    (wanted.release === undefined || wanted.release === release)
  );
}

function entryOf(from: Omit<LogSource, 'id'>, line: StampedLine): Entry {
  const { at, text, stamp, notice } = line;
  const source = `${from.process}.${String(from.index)}`;
  const entry = { at, release: from.release, source, text, stamp };
  return notice === true ? { ...entry, notice } : entry;
}

function publicPart({ at, release, source, text }: Entry): LogLine {
  return { at, release, source, text };
}

/** Stands where the lines would. The time is that of the last of them, so that a reader who comes again knows it has passed. */
function tellLeftOut(count: number, last: Entry): Entry {
  const text = `${counted(count, 'line')} left out: they came faster than they were read`;
  return { ...last, source: 'sluice', text };
}
