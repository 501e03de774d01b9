import { expect, test } from 'vitest';
import { bytesOnlyIn, type HistoryStep, layersOf } from '../../../engines/docker/workloads/image-layers.ts';

/** An image's history, written from its base up. */
function image(...steps: [command: string, bytes: number][]) {
  const history = steps.map(([CreatedBy, Size]): HistoryStep => ({ Created: 1, CreatedBy, Size }));
  return layersOf(history.toReversed());
}

const base: [string, number] = ['debian', 100];
const npm: [string, number] = ['RUN npm ci', 30];

test.each<[string, ReturnType<typeof image>[], ReturnType<typeof image>[], number]>([
  ['nothing', [], [], 0],
  ['an image of its own', [image(base, npm)], [], 130],
  ['without the base that somebody else holds', [image(base, npm)], [image(base)], 30],
  ['a layer of two images once', [image(base, npm, ['a', 1]), image(base, npm, ['b', 2])], [image(base)], 33],
  ['the same image twice once', [image(base, npm), image(base, npm)], [], 130],
  ['nothing that an image of another holds, too', [image(base, npm)], [image(base, npm, ['x', 5])], 0],
  ['the same step on another base is another layer', [image(base, npm), image(['alpine', 5], npm)], [], 165],
  ['steps without bytes make no difference', [image(base, ['ENV A=b', 0], npm), image(base, npm)], [], 130],
])('%s', (_name, own, others, bytes) => {
  expect(bytesOnlyIn(own, others)).toBe(bytes);
});
