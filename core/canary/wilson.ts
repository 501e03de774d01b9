/**
 * The Wilson score interval of a share (E. B. Wilson, "Probable inference, the law of succession, and statistical
 * inference", 1927): within which the true share is, by `count` of `of`.
 * @param of 1 or more
 * @param z how sure: 1.64 for 90 %, 2.58 for 99 %, 3.29 for 99.9 %, both sides together
 * @returns shares of 0 to 1
 */
export function wilson(count: number, of: number, z: number): { low: number; high: number } {
  const share = count / of;
  const square = (z * z) / of;
  const middle = (share + square / 2) / (1 + square);
  const half = (z * Math.sqrt((share * (1 - share)) / of + square / (4 * of))) / (1 + square);
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
