import { expect, test } from 'vitest';
import { decisiveLine } from '../../../core/decisive-line.ts';
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
