/** Amounts as the API server writes them back, so that what was asked for can be compared with what is there. */

const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti'] as const;

/** Whole KiB, rounded up, in the largest unit without a fraction. */
export function bytesQuantity(bytes: number): string {
  let amount = Math.max(1, Math.ceil(bytes / 1024));
  let unit = 1;
  while (amount % 1024 === 0 && unit < BINARY.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${String(amount)}${BINARY[unit] ?? ''}`;
}

/** @param cpus fractions allowed, down to a thousandth */
export function cpuQuantity(cpus: number): string {
  const milli = Math.max(1, Math.round(cpus * 1000));
  return milli % 1000 === 0 ? String(milli / 1000) : `${String(milli)}m`;
}
