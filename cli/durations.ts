import { parseDuration } from '../core/manifest/durations.ts';

const DAY = 24 * 60 * 60;

/** Seconds of `30d`, `12h`, `1h30m`. @throws Error for the parser to show */
export function seconds(text: string): number {
  const days = /^([0-9]{1,5})d$/.exec(text)?.[1];
  const parsed = days === undefined ? parseDuration(text) : Number(days) * DAY;
  if (parsed === undefined || parsed === 0) throw new Error('a time is written 30d, 12h or 45m');
  return parsed;
}

/**
 * A moment in ISO 8601: `7d` before now, a day, or a moment as such.
 * @throws Error for the parser to show
 */
export function moment(text: string): (now: Date) => string {
  if (/^\d{4}-\d{2}-\d{2}/.test(text)) {
    const at = new Date(text);
    if (Number.isNaN(at.getTime())) throw new Error('there is no such day or time');
    return () => at.toISOString();
  }
  const before = seconds(text);
  return (now) => new Date(now.getTime() - before * 1000).toISOString();
}
