import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { apiClient } from '../../../scripts/api-client.ts';

const ROOT = join(import.meta.dirname, '../../..');

test("the command's client is that of the OpenAPI document (node scripts/api-client.ts writes it)", () => {
  expect(readFileSync(join(ROOT, 'cli/api/generated.ts'), 'utf8')).toBe(apiClient());
});

test('no command loads a validator: half of the time of a short one would be that', () => {
  const asked = `
    const { registerHooks } = await import('node:module');
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    const { registry } = await import('./cli/registry.ts');
    for (const load of Object.values(registry)) await load();
    await import('./cli/api/client.ts');
    await import('./cli/api/connect.ts');
    await import('./cli/platform/locate.ts');
    console.log(loaded.filter((url) => /node_modules\\/zod|core\\/contracts/.test(url)).join('\\n'));`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', asked], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect(said.trim()).toBe('');
});
