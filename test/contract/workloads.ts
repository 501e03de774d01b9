import type { AppRef, LogLine, OneOffCommand, Replica, Workloads } from '../../engines/port.ts';

/** How the `web` of a release behaves. All of them write `started vN` first. */
export type Behaviour = 'healthy' | 'crashes' | 'answers-503';

export interface OpenWorkloads extends Workloads {
  close(): Promise<void>;
}

/** Of apps of tests that have ended. What fails is told by the fixture's `close`. */
export interface Removals {
  begin(appId: string): void;
  /** Resolves when no app goes any more; for tests that look at more than their own. */
  over(): Promise<void>;
}

/** What an implementation gives the suite. */
export interface WorkloadsFixture {
  readonly workloads: OpenWorkloads;
  /** Another instance over the same engine, as after a restart of the server. */
  reopen(): OpenWorkloads;
  /** Image and command of a `web` of this behaviour. */
  web(behaviour: Behaviour): { image: string; command: string };
  /** USER of that image. */
  readonly user: string;
  /** A process that only stays up. */
  readonly worker: string;
  /** Where an app takes long to go: tests begin meanwhile. Absent: each waits until its own are gone. */
  readonly removals?: Removals;
  /** A one-off that copies its input to its output, writes `oops` to stderr and ends with this code. */
  copyThenExit(code: number): Pick<OneOffCommand, 'command'>;
  close(): Promise<void>;
}

/** Less than a test has, so that what was seen last is shown. */
const DEADLINE_MS = 100_000;

export function appRef(name: string): AppRef {
  return { id: `${name}${crypto.randomUUID().replaceAll('-', '')}`.slice(0, 16), name };
}

/** Waits for a state of an app's replicas by watching, never by sleeping. */
export async function until(
  workloads: Workloads,
  appId: string,
  met: (replicas: Replica[]) => boolean,
): Promise<Replica[]> {
  const deadline = Date.now() + DEADLINE_MS;
  let changed = Promise.withResolvers<void>();
  const stop = workloads.watch(() => changed.resolve());
  try {
    for (;;) {
      changed = Promise.withResolvers();
      const replicas = await workloads.observe(appId);
      if (met(replicas)) return replicas;
      if (Date.now() > deadline) throw new Error(`not reached: ${JSON.stringify(replicas, undefined, 1)}`);
      const timer = setTimeout(changed.resolve, Math.max(1, deadline - Date.now()));
      await changed.promise;
      clearTimeout(timer);
    }
  } finally {
    stop();
  }
}

export const allReady =
  (count: number) =>
  (replicas: Replica[]): boolean =>
    replicas.length === count && replicas.every((replica) => replica.state === 'ready');

export async function take(lines: AsyncIterable<LogLine>): Promise<LogLine[]> {
  const taken: LogLine[] = [];
  for await (const line of lines) taken.push(line);
  return taken;
}
