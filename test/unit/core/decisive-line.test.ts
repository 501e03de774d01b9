import { expect, test } from 'vitest';
import { decisiveLine, inThePast } from '../../../core/decisive-line.ts';
import type { RolloutEventKind } from '../../../core/rollout.ts';

test.each<[string, RolloutEventKind[], number | undefined]>([
  ['nothing was told', [], undefined],
  ['it only starts', ['starting', 'step'], undefined],
  ['it was taken back after a step', ['step', 'passed', 'step', 'note', 'rolled-back'], 4],
  ['it was taken back while it took over', ['passed', 'promoting', 'failed'], 2],
  ['a newer one took over, which was noted', ['step', 'superseded', 'note'], 1],
  ['it passed its last step', ['step', 'passed', 'step', 'note', 'passed', 'promoting', 'live'], 4],
  ['somebody promoted it', ['step', 'passed', 'step', 'promoting', 'live'], 3],
  ['it was promoted on weak evidence', ['step', 'note', 'promoting', 'live'], 2],
  ['it walked no steps', ['starting', 'live'], 1],
  ['it passed one step', ['step', 'passed', 'step'], 1],
  ['it waits for somebody', ['step', 'passed', 'step', 'held', 'note'], 3],
])('when %s, the line is the right one', (_, kinds, at) => {
  const story = kinds.map((kind, index) => ({ kind, index }));
  expect(decisiveLine(story)?.index).toBe(at);
});

test.each([
  [
    'Promoting v2 (0 real requests, 240 probes: weak evidence): it gets all requests, v1 stays warm for 10 min',
    'Promoted v2 (0 real requests, 240 probes: weak evidence)',
  ],
  ['Promoting v2: it gets all requests, v1 stops', 'Promoted v2'],
  ['Promoting v2: v1 stops', 'Promoted v2'],
  [
    'Promoting v2: web is scaled to 0, so there are no requests to compare',
    'Promoted v2: web is scaled to 0, so there are no requests to compare',
  ],
  ['bob promotes it by hand after 1 of 3 steps', 'bob promoted it by hand after 1 of 3 steps'],
  ['passed: none of 300 requests failed on v2', 'passed: none of 300 requests failed on v2'],
])('once all is over, %s', (text, past) => {
  expect(inThePast(text)).toBe(past);
});
