const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What an ended build has left (its log, its commit under a hidden ref) is kept so long. */
export const KEPT_DAYS = 90;
/** Where the disk is short, logs older than this go, the oldest first. */
const KEPT_DAYS_AT_LEAST = 7;
/** Where the disk is short, commits go after this: git keeps objects so long anyway, as a push may be using them. */
export const UNREFERENCED_MS = HOUR_MS;

export interface EndedBuild {
  readonly id: string;
  /** When it, or the rollout that it led to, ended; milliseconds since 1970. */
  readonly endedAt: number;
}

export interface EndedLog extends EndedBuild {
  readonly bytes: number;
}

/** Milliseconds for which a log stays, whatever it takes. @param wanted bytes that are to get free */
export function logStaysMs(wanted: number): number {
  return (wanted > 0 ? KEPT_DAYS_AT_LEAST : KEPT_DAYS) * DAY_MS;
}

/**
 * Ids of the build logs to let go: those whose time is over and, oldest first, as many as free `wanted` bytes.
 * @param now milliseconds since 1970
 */
export function logsToLetGo(logs: readonly EndedLog[], now: number, wanted: number): string[] {
  const over = new Set<string>();
  let freed = 0;
  for (const log of logs.toSorted((a, b) => a.endedAt - b.endedAt)) {
    const age = now - log.endedAt;
    const old = age > KEPT_DAYS * DAY_MS;
    if (!old && (freed >= wanted || age <= KEPT_DAYS_AT_LEAST * DAY_MS)) break;
    over.add(log.id);
    freed += log.bytes;
  }
  return [...over];
}

/**
 * Ids of builds whose hidden refs may go.
 * @param builds ended, and behind no release that is kept
 * @param pressed the disk is short
 */
export function refsToLetGo(builds: readonly EndedBuild[], now: number, pressed: boolean): string[] {
  const most = pressed ? UNREFERENCED_MS : KEPT_DAYS * DAY_MS;
  return builds.filter(({ endedAt }) => now - endedAt > most).map(({ id }) => id);
}
