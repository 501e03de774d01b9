import type { LogLine, LogOptions } from '../port.ts';
import { lineFilter } from '../logs/line-filter.ts';
import { LineQueue } from '../logs/line-queue.ts';
import type { MemoryEngine } from './memory-engine.ts';

/** What is written here was made by a test: nothing of it is left out. */
const ALL = { lines: Number.POSITIVE_INFINITY, characters: Number.POSITIVE_INFINITY, bytes: 0 };

export async function* readMemoryLog(
  engine: MemoryEngine,
  appId: string,
  options: LogOptions,
): AsyncGenerator<LogLine> {
  const isWanted = lineFilter(options);
  const wanted = (line: LogLine): boolean =>
    (options.process === undefined || line.source.startsWith(`${options.process}.`)) &&
    (options.release === undefined || line.release === options.release) &&
    isWanted(line.source, line);
  const queue = new LineQueue<LogLine>(ALL, (_count, last) => last);
  const stop = engine.onLine((writtenFor, line) => {
    if (writtenFor === appId && wanted(line)) queue.push(line);
  });
  const aborted = (): void => queue.close();
  options.signal?.addEventListener('abort', aborted);
  try {
    const past = (engine.lines.get(appId) ?? []).filter(wanted);
    yield* past.slice(Math.max(0, past.length - options.tail));
    if (options.follow && options.signal?.aborted !== true) yield* queue.read();
  } finally {
    stop();
    options.signal?.removeEventListener('abort', aborted);
  }
}
