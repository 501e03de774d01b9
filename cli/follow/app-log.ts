import type { LogLevel } from '../../core/logs/level.ts';
import type { Api } from '../api/client.ts';
import { lines } from '../../core/logs/lines.ts';
import type { LogEntry } from '../api/generated.ts';
import { isObject, parseJson } from '../api/problem.ts';
import { lostConnection } from './build-log.ts';
import { Retries, type Patience } from './patience.ts';

export type { LogEntry };

export interface AppLogQuery {
  readonly tail: number;
  readonly follow: boolean;
  readonly process: string | undefined;
  readonly release: number | undefined;
  /** ISO 8601. */
  readonly since: string | undefined;
  readonly level: LogLevel | undefined;
}

/** How many lines are asked for again after a lost connection, to fill the gap. */
const GAP = 1_000;

/** Log lines of an app. A lost connection is taken up again; lines that were given already are left out. */
export async function* appLog(
  api: Api,
  app: string,
  query: AppLogQuery,
  patience: Patience,
): AsyncGenerator<LogEntry> {
  const retries = new Retries(patience);
  const seen = new Seen();
  let tail = query.tail;
  for (;;) {
    try {
      const response = await api.stream('logs', { params: { app }, query: { ...query, tail } });
      for await (const line of lines(response)) {
        const entry = parseJson(line);
        if (!isLogEntry(entry) || seen.before(entry)) continue;
        retries.wentWell();
        yield entry;
      }
      if (!query.follow) return;
      if (!(await retries.wait())) return;
    } catch (error) {
      const lost = lostConnection(error);
      if (!query.follow || !(await retries.wait())) throw lost;
    }
    tail = seen.any ? GAP : query.tail;
    seen.again();
  }
}

function isLogEntry(value: unknown): value is LogEntry {
  return isObject(value) && typeof value['at'] === 'string' && typeof value['text'] === 'string';
}

/** Which lines came already: all before the newest time, and as many of that very time as were given. */
class Seen {
  #newest = '';
  #atNewest = 0;
  #skip = 0;
  #until = '';

  get any(): boolean {
    return this.#newest !== '';
  }

  /** The lines begin anew, and overlap with those before. */
  again(): void {
    this.#until = this.#newest;
    this.#skip = this.#atNewest;
  }

  before({ at }: LogEntry): boolean {
    if (at < this.#until) return true;
    if (at === this.#until && this.#skip > 0) {
      this.#skip -= 1;
      return true;
    }
    this.#atNewest = at === this.#newest ? this.#atNewest + 1 : 1;
    this.#newest = at;
    return false;
  }
}
