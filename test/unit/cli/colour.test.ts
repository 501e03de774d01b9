import { expect, test } from 'vitest';
import { readSettings } from '../../../cli/settings.ts';

test.each([
  [{}, undefined],
  [{ NO_COLOR: '1' }, false],
  [{ NO_COLOR: '' }, undefined],
  [{ NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  [{ FORCE_COLOR: '1' }, true],
  [{ FORCE_COLOR: '0' }, false],
  [{ FORCE_COLOR: 'false' }, false],
  [{ FORCE_COLOR: '1', TERM: 'dumb' }, true],
  [{ TERM: 'dumb' }, false],
  [{ TERM: 'xterm' }, undefined],
])('%j: colours %s', (environment, colour) => {
  expect(readSettings({ HOME: '/', ...environment }).colour).toBe(colour);
});
