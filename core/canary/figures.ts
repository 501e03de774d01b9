const GROUPED = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A number and what it counts, as people read it: `1 request`, `1,234,567 requests`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** With thousands separators: `1,234,567`. */
export function grouped(count: number): string {
  return GROUPED.format(count);
}

/** A share of 0 to 1 as people read it: `0.05 %`, `3.1 %`, `33 %`. Only nothing is `0 %`, and only all is `100 %`. */
export function percent(share: number): string {
  return `${hundredths(share)} %`;
}

/** The difference of two shares: `2.9 points`. */
export function points(difference: number): string {
  const value = hundredths(difference);
  return value === '1' ? '1 point' : `${value} points`;
}

/** Whole seconds as people read them: `30 s`, `10 min`, `1 h 30 min`. */
export function lasting(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 3_600), 'h'],
    [Math.floor((seconds % 3_600) / 60), 'min'],
    [Math.floor(seconds % 60), 's'],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return told.length === 0 ? '0 s' : told.join(' ');
}

function hundredths(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.01) return 'under 0.01';
  if (value > 99 && value < 100) return (Math.floor(value * 10) / 10).toString();
  const digits = value >= 10 ? 0 : value >= 1 ? 1 : 2;
  return Number(value.toFixed(digits)).toString();
}
