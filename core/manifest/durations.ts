const DURATION = /^(?:(?<hours>\d{1,4})h)?(?:(?<minutes>\d{1,5})m)?(?:(?<seconds>\d{1,6})s)?$/;

/** Seconds of a duration such as `30s`, `10m` or `1h30m`; undefined when it is not one. `0s` is 0. */
export function parseDuration(text: string): number | undefined {
  const parts = DURATION.exec(text)?.groups;
  if (text === '' || parts === undefined) return undefined;
  const { hours = '0', minutes = '0', seconds = '0' } = parts;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** The shortest way to write a number of whole seconds, which `parseDuration` reads back. */
export function formatDuration(totalSeconds: number): string {
  const hours = Math.floor(totalSeconds / 3600);
  const minutes = Math.floor((totalSeconds % 3600) / 60);
  const seconds = totalSeconds % 60;
  const text = `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes}m` : ''}${seconds > 0 ? `${seconds}s` : ''}`;
  return text === '' ? '0s' : text;
}
