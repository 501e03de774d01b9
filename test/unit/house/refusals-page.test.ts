import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { refusalsPage } from '../../../scripts/refusals-page.ts';

test('docs/refusals.md tells what the SSH front says (node scripts/refusals-page.ts writes it)', () => {
  const page = readFileSync(new URL('../../../docs/refusals.md', import.meta.url), 'utf8');
  expect(page).toBe(refusalsPage());
});
