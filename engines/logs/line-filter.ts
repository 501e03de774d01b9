import { LevelFilter } from '../../core/logs/level.ts';
import type { LogLine, LogOptions } from '../port.ts';

/**
 * Whether lines are as new and as bad as is wanted. A line that says no level has that of the one before it, so lines
 * of one source have to come in their order.
 */
export function lineFilter({
  since,
  level,
}: Pick<LogOptions, 'since' | 'level'>): (source: string, line: Pick<LogLine, 'at' | 'text'>) => boolean {
  const levels = new Map<string, LevelFilter>();
  return (source, { at, text }) => {
    // Also of a line that is too old the level counts for those that go on with it.
    const bad = level === undefined || filterOf(levels, source, level).passes(text);
    return bad && (since === undefined || at >= since);
  };
}

function filterOf(
  levels: Map<string, LevelFilter>,
  source: string,
  level: NonNullable<LogOptions['level']>,
): LevelFilter {
  const found = levels.get(source) ?? new LevelFilter(level);
  levels.set(source, found);
  return found;
}
