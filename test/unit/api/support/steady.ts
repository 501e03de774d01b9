import { vi } from 'vitest';

/** Waits until a count has begun and stands still: what counts has run into back pressure. @returns the count */
export async function steady(count: () => number): Promise<number> {
  let before = 0;
  await vi.waitFor(
    () => {
      const now = count();
      const still = now > 0 && now === before;
      before = now;
      if (!still) throw new Error(`still counting: ${now}`);
    },
    { interval: 200, timeout: 15_000 },
  );
  return before;
}
