/** A share of 0 to 1 as people read it: `0.05 %`, `3.1 %`, `33 %`. */
export function percent(share: number): string {
  const value = share * 100;
  const digits = value === 0 || value >= 10 ? 0 : value >= 1 ? 1 : 2;
  return `${Number(value.toFixed(digits))} %`;
}

/** The difference of two shares: `2.9 points`. */
export function points(difference: number): string {
  return percent(difference).replace(' %', ' points');
}
