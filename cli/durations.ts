import { parseDuration } from '../core/manifest/durations.ts';

const DAY = 24 * 60 * 60;

/** Seconds of `30d`, `12h`, `1h30m`. @throws Error for the parser to show */
export function seconds(text: string): number {
  const days = /^([0-9]{1,5})d$/.exec(text)?.[1];
  const parsed = days === undefined ? parseDuration(text) : Number(days) * DAY;
  if (parsed === undefined || parsed === 0) throw new Error('a time is written 30d, 12h or 45m');
  return parsed;
}
