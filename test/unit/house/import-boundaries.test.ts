import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const checkout = path.resolve(import.meta.dirname, '../../..');
const oxlint = path.join(checkout, 'node_modules/.bin/oxlint');
let planted: string;

beforeAll(async () => {
  planted = await mkdtemp(path.join(tmpdir(), 'sluice-lint-'));
  await cp(path.join(checkout, '.oxlintrc.json'), path.join(planted, '.oxlintrc.json'));
  await symlink(path.join(checkout, 'node_modules'), path.join(planted, 'node_modules'));
});
afterAll(async () => {
  await rm(planted, { recursive: true, force: true });
});

/** Names of the rules that reject `source`, were it the file `file` of this repository. */
async function rulesBrokenBy(file: string, source: string): Promise<string[]> {
  const target = path.join(planted, file);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, source);
  const report = await new Promise<string>((resolve, reject) => {
    execFile(oxlint, ['--format', 'json', file], { cwd: planted }, (error, stdout) => {
      // Exit status 1 means findings; anything else means that it did not lint at all.
      if (error !== null && error.code !== 1) reject(new Error(`oxlint failed: ${stdout}`, { cause: error }));
      else resolve(stdout);
    });
  });
  await rm(target);
  const { diagnostics } = JSON.parse(report) as { diagnostics: { code: string }[] };
  return diagnostics.map((diagnostic) => diagnostic.code);
}

const importing = (specifier: string) =>
  `import { it } from '${specifier}';\nexport const again: unknown = it;\n`;
const BOUNDARY = 'eslint(no-restricted-imports)';

const refused: [file: string, specifier: string][] = [
  ['core/planted.ts', '../engines/port.ts'],
  ['core/contracts/planted.ts', '../../server/settings.ts'],
  ['core/planted.ts', 'node:fs/promises'],
  ['engines/docker/planted.ts', '../../server/settings.ts'],
  ['engines/docker/planted.ts', '../../router/main.ts'],
  ['router/planted.ts', '../server/settings.ts'],
  ['router/planted.ts', '../engines/docker/client.ts'],
  ['cli/commands/apps/planted.ts', '../../../engines/port.ts'],
  ['cli/planted.ts', '../server/settings.ts'],
  ['server/planted.ts', '../engines/docker/client.ts'],
  ['server/controller/planted.ts', '../../router/main.ts'],
  ['server/planted.ts', '../builder/main.ts'],
  ['builder/planted.ts', '../engines/docker/client.ts'],
  ['builder/planted.ts', '../server/settings.ts'],
];
test.each(refused)('%s may not import %s', async (file, specifier) => {
  expect(await rulesBrokenBy(file, importing(specifier))).toContain(BOUNDARY);
});

const allowed: [file: string, specifier: string][] = [
  ['core/contracts/planted.ts', '../names.ts'],
  ['engines/docker/planted.ts', '../port.ts'],
  ['engines/docker/planted.ts', '../../core/names.ts'],
  ['router/planted.ts', '../engines/port.ts'],
  ['cli/planted.ts', '../core/names.ts'],
  ['server/controller/planted.ts', '../../engines/port.ts'],
  ['server/context.ts', '../engines/docker/client.ts'],
  ['builder/context.ts', '../engines/docker/client.ts'],
  ['builder/planted.ts', '../engines/port.ts'],
];
test.each(allowed)('%s may import %s', async (file, specifier) => {
  expect(await rulesBrokenBy(file, importing(specifier))).not.toContain(BOUNDARY);
});

const reading = `export const home: unknown = process.env['HOME'];\n`;
test.each(['core', 'engines/docker', 'router', 'server', 'builder', 'cli'])(
  'only settings.ts reads the environment in %s',
  async (part) => {
    expect(await rulesBrokenBy(`${part}/planted.ts`, reading)).toContain('node(no-process-env)');
    expect(await rulesBrokenBy(`${part}/settings.ts`, reading)).not.toContain('node(no-process-env)');
  },
);
