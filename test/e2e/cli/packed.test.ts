import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeApi, Refused } from '../../support/cli/fake-api.ts';
import { app } from '../../support/cli/samples.ts';

const exec = promisify(execFile);
const checkout = resolve(import.meta.dirname, '../../..');

let folder: string;
let files: string[];
let api: FakeApi;

beforeAll(async () => {
  api = await FakeApi.start();
  api.on('listApps', () => ({ items: [app] }));
  folder = await mkdtemp(join(tmpdir(), 'sluice-packed-'));
  await exec(process.execPath, ['scripts/build.mjs'], { cwd: checkout });
  const { stdout } = await exec('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: checkout,
    maxBuffer: 64 * 1024 * 1024,
  });
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  files = packed.files.map(({ path }) => path);
  // No script of a package runs, and what the machine has is not fetched again.
  await exec(
    'npm',
    [
      'install',
      '--ignore-scripts',
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      join(folder, packed.filename),
    ],
    { cwd: folder, env: { ...process.env, npm_config_update_notifier: 'false' } },
  );
}, 600_000);
afterAll(async () => {
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

/** As a person has it: by its name, in a folder of their own, with the Node that is in front. */
async function sluice(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const program = join(folder, 'node_modules/.bin/sluice');
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, SLUICE_DATA_DIR: api.dataDir };
  try {
    return { code: 0, ...(await exec(program, argv, { cwd: folder, env })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

test('the package has what is run and what is read, and neither sources, tests nor keys', () => {
  for (const needed of [
    'package.json',
    'README.md',
    'LICENSE',
    'docs/cli.md',
    'docs/errors.md',
    'dist/cli/main.js',
  ]) {
    expect(files).toContain(needed);
  }
  const wrong = files.filter(
    (file) =>
      /\.(?:ts|map|test\.js|pem|key|log)$|(?:^|\/)\.(?!helmignore)/.test(file) ||
      /^(?:test|scripts|bench|node_modules)\//.test(file),
  );
  expect(wrong).toEqual([]);
});

test('it says which Node it needs, and this one is', async () => {
  const { engines } = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as {
    engines: { node: string };
  };
  const [, least = ''] = /^>=(\d+)$/.exec(engines.node) ?? [];
  expect(Number(process.versions.node.split('.')[0])).toBeGreaterThanOrEqual(Number(least));
});

test('installed into a clean folder it says its version, explains itself, and asks a platform', async () => {
  expect(await sluice('--version')).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^sluice \d/) as string,
    stderr: '',
  });
  expect((await sluice('help')).stdout).toContain('Usage: sluice COMMAND');
  expect((await sluice('help', 'config', 'set')).stdout).toContain('Examples:');
  expect((await sluice('help', 'test_failed')).stdout).toContain('Likely cause:');
  expect((await sluice('completion', 'bash')).stdout).toContain('complete ');
  expect((await sluice('apps')).stdout).toContain('hello\tv12\t');
});

test('its exit codes are those of the docs', async () => {
  expect((await sluice('apps:create')).code).toBe(2);
  expect((await sluice('apps', '--host', '127.0.0.1:1')).code).toBe(3);
  api.on('getBuild', () => new Refused(404, 'build_not_found', 'there is no such build'));
  expect((await sluice('builds:show', '1', '-a', 'hello')).code).toBe(1);
});

test('a reader that has enough is no error', async () => {
  const script = `'${folder}/node_modules/.bin/sluice' help | head -1; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = await exec('bash', ['-c', script], { cwd: folder });
  expect({ code: stdout.trim().split('\n').at(-1), stderr }).toEqual({ code: '0', stderr: '' });
});
