/** Bytes for people: `1.5 MB`, in powers of 1,000 but for what is below. */
export function bytesShown(bytes: number): string {
  if (!Number.isFinite(bytes)) return 'far too many bytes';
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${units[unit] ?? ''}`;
}
