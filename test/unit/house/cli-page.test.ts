import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cliPage } from '../../../scripts/cli-page.ts';

test('docs/cli.md tells what the commands are (node scripts/cli-page.ts writes it)', async () => {
  const page = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
  expect(page).toBe(await cliPage());
});
