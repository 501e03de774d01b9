/** Random numbers that are the same in each run (mulberry32, public domain). */
export interface Random {
  /** 0 to below 1. */
  next(): number;
  /** 0 to `below` - 1. */
  integer(below: number): number;
  /** How many of `n` happen when each does with this probability. */
  binomial(n: number, probability: number): number;
  /** Log-normal, with this median and this spread of the logarithm. */
  logNormal(median: number, sigma: number): number;
}

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    integer: (below) => Math.floor(next() * below),
    binomial: (n, probability) => {
      let happened = 0;
      for (let at = 0; at < n; at++) if (next() < probability) happened++;
      return happened;
    },
    logNormal: (median, sigma) =>
      median * Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())),
  };
}
