import type { RolloutEventKind } from './rollout.ts';

const BAD_ENDS: ReadonlySet<RolloutEventKind> = new Set(['rolled-back', 'failed', 'cancelled', 'superseded']);

/**
 * The line of a rollout's story that says how it went: why it ended, else what it was promoted on, else what it showed
 * last.
 * @param story oldest line first
 */
export function decisiveLine<Line extends { readonly kind: RolloutEventKind }>(
  story: readonly Line[],
): Line | undefined {
  const end = story.findLast(({ kind }) => BAD_ENDS.has(kind));
  if (end) return end;
  const at = story.findLastIndex(({ kind }) => kind === 'promoting');
  // What it passed says more than that it is promoted now; by hand, or on weak evidence, nothing was passed.
  if (story[at - 1]?.kind === 'passed') return story[at - 1];
  return (
    story[at] ??
    story.findLast(({ kind }) => kind === 'passed' || kind === 'held') ??
    story.findLast(({ kind }) => kind === 'live')
  );
}

/** The line as it reads once all is over: `Promoted v2 (0 real requests, 240 probes: weak evidence)`. */
export function inThePast(text: string): string {
  return text
    .replace(/^Promoting (v\d+)/, 'Promoted $1')
    .replace(
      /^(Promoted .*?): (?:it gets all requests(?:, |$))?(?:v\d+ (?:stops|stays warm for [^:]*))?$/,
      '$1',
    )
    .replace(/ promotes it by hand\b/, ' promoted it by hand');
}
