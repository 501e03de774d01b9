import { describe, expect, test } from 'vitest';
import { decide } from '../../../core/canary/decide.ts';
import type { Decision } from '../../../core/canary/decision.ts';
import { NO_LATENCY } from '../../../core/canary/latency.ts';
import { plus, type Samples, type SideSample } from '../../../core/canary/samples.ts';
import { policy, samples, side } from './samples.ts';
import { type Random, seeded } from './seeded.ts';

describe('whatever is seen', () => {
  const integer = (random: Random, most: number): number => Math.floor(random.next() ** 4 * (most + 1));

  function anySide(random: Random): SideSample {
    const requests = random.integer(3) === 0 ? random.integer(3) : integer(random, 1_000_000);
    const sent = random.integer(2) * integer(random, 500);
    return {
      requests,
      errors5xx: random.integer(2) * integer(random, requests + 3),
      aborts: random.integer(2) * integer(random, 100),
      latency: random.integer(3) === 0 ? NO_LATENCY : NO_LATENCY.map(() => integer(random, 3_000)),
      restarts: random.integer(8) === 0 ? random.integer(3) : 0,
      probes: { sent, failed: random.integer(3) === 0 ? random.integer(sent + 1) : 0 },
    };
  }

  function anySamples(random: Random): Samples {
    const [canary, stable] = [anySide(random), anySide(random)];
    const rollout = { canary: plus(canary, anySide(random)), stable: plus(stable, anySide(random)) };
    const bakedSeconds = random.integer(100) * random.next();
    return samples(canary, stable, {
      ...(random.integer(2) === 0 ? {} : { rollout }),
      open: { canary: random.integer(2) * integer(random, 500), stable: integer(random, 5_000) },
      weight: [0, 1, 100, 500, 5_000, 9_900, 10_000][random.integer(7)] as number,
      bakedSeconds,
      watchedSeconds: bakedSeconds + random.integer(2) * random.integer(400),
      metrics: random.integer(4) === 0 ? 'silent' : 'fresh',
    });
  }

  const some = (run: (seen: Samples, decision: Decision) => void): void => {
    const random = seeded(31);
    for (let round = 0; round < 2_000; round++) {
      const seen = anySamples(random);
      run(seen, decide(seen, policy({ minRequests: random.integer(4) * 50 })));
    }
  };

  test('a sentence has numbers that are numbers, and the right ones in the singular', () => {
    some((_, { sentence }) => {
      expect(sentence).not.toMatch(/NaN|Infinity|undefined|null|-\d|\.$/);
      expect(sentence).not.toMatch(/(?<![\d,.])1 (?:\w+ )?(?:requests|probes|times|points)\b/);
      expect(sentence).not.toMatch(/(?:\d[\d,.]\d*|[02-9]) (?:real )?(?:request|probe|time|point)\b/);
      expect(sentence).not.toMatch(/\d{4}/);
    });
  });

  test('shares are 0 to 1, and nothing in the evidence is lost in JSON', () => {
    some((_, { evidence }) => {
      expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
      for (const share of [evidence.smallestExcess, evidence.canary.errorShare, evidence.stable.errorShare]) {
        expect(share ?? 0).toBeGreaterThanOrEqual(0);
        expect(share ?? 0).toBeLessThanOrEqual(1);
      }
    });
  });

  test('what passes has baked, has its requests and fresh numbers; what is silent never ends well', () => {
    const results = new Set<string>();
    some((seen, { result, code }) => {
      results.add(result);
      if (seen.metrics === 'silent') expect(result === 'pass' || result === 'no_data').toBe(false);
      if (seen.bakedSeconds < 30) expect(result === 'pass' || result === 'no_data').toBe(false);
      if (seen.metrics === 'silent' && result === 'wait') expect(code).toBe('metrics_silent');
    });
    expect([...results].toSorted((a, b) => a.localeCompare(b))).toEqual(['fail', 'no_data', 'pass', 'wait']);
  });

  test('what is clearly worse is so by its numbers alone, at any time and whether the router is silent or not', () => {
    const atAnyTime = new Set(['canary_worse', 'canary_crashed', 'canary_probes_failed']);
    some((seen, decision) => {
      if (!atAnyTime.has(decision.code)) return;
      for (const metrics of ['silent', 'fresh'] as const) {
        for (const bakedSeconds of [0, 30, 1e6]) {
          const { result, code } = decide(
            { ...seen, metrics, bakedSeconds, watchedSeconds: bakedSeconds },
            policy(),
          );
          expect([result, code]).toEqual(['fail', decision.code]);
        }
      }
    });
  });
});

test('a thousand canaries take a few hundredths of a second', () => {
  const random = seeded(41);
  const many = Array.from({ length: 1_000 }, () => {
    const latency = NO_LATENCY.map(() => random.integer(10_000));
    const canary = { ...side(random.integer(1e6), { latency }), probes: { sent: 240, failed: 0 } };
    const stable = side(random.integer(1e7), { errors: random.integer(500), latency });
    return samples(canary, stable, { bakedSeconds: random.integer(40) });
  });
  // The best of some rounds, in time of the processor: others use this machine too.
  const rounds = Array.from({ length: 8 }, () => {
    const before = process.cpuUsage();
    for (const seen of many) decide(seen, policy());
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  expect(Math.min(...rounds)).toBeLessThan(30);
});
