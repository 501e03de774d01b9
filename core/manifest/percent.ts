const PERCENT = /^(\d{1,3}(?:\.\d{1,4})?) ?%$/;

/** The number before the percent sign (`0.5%` is 0.5), 0 to 100; undefined when the text is not a percentage. */
export function parsePercent(text: string): number | undefined {
  const digits = PERCENT.exec(text)?.[1];
  if (digits === undefined) return undefined;
  const percent = Number(digits);
  return percent <= 100 ? percent : undefined;
}
