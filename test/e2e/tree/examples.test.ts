import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { detectLanguage } from '../../../cli/templates/detect.ts';
import { templateFiles } from '../../../cli/templates/template.ts';
import { readManifest } from '../../../core/manifest/read.ts';
import { ensureBusybox } from '../../support/base-images.ts';

const run = promisify(execFile);
const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));
/** A newer client that stands first on the PATH may miss its buildx. */
const DOCKER = existsSync('/usr/bin/docker') ? '/usr/bin/docker' : 'docker';
const made: string[] = [];

afterAll(async () => {
  for (const image of made) await run(DOCKER, ['image', 'rm', '--force', image]);
});

describe.each([
  ['hello-static', 'static', 'busybox:1', {}],
  ['hello-python', 'python', 'python:3.11-slim', { worker: 1, web: 1 }],
  ['hello-node', 'node', 'node:26-slim', {}],
] as const)('%s', (name, language, base, scale) => {
  test('is pushed as it is: its manifest is right and has tests', async () => {
    const { manifest, problems } = await readManifest((path) => {
      const file = join(EXAMPLES, name, path);
      return Promise.resolve(existsSync(file) ? readFileSync(file, 'utf8') : undefined);
    });
    expect(problems).toEqual([]);
    expect(manifest).toMatchObject({ scale, test: { target: 'test' } });
  });

  test('holds no machine of its author', () => {
    const files = readdirSync(join(EXAMPLES, name), { recursive: true, withFileTypes: true });
    const text = files
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
      .join('\n');
    expect(text).not.toMatch(/"resolved"|registry\.|127\.0\.0\.1:\d{4}/);
  });

  test('its Dockerfile builds, tests first', async ({ skip }) => {
    skip(!(await baseImage(base)), `${base} is not here`);
    const folder = copyOf(name);
    try {
      await build(folder, name);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('the Dockerfile that `sluice init` would write for it builds and its tests run', async ({ skip }) => {
    skip(!(await baseImage(base)), `${base} is not here`);
    const folder = copyOf(name);
    try {
      for (const file of ['Dockerfile', '.dockerignore', 'sluice.yaml'])
        rmSync(join(folder, file), { force: true });
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      expect(detectLanguage(files)).toBe(language);
      for (const [file, content] of Object.entries(templateFiles(language, files)))
        writeFileSync(join(folder, file), content);
      const tested = await build(folder, `${name}-init`);
      if (language !== 'static') expect(tested).toMatch(/\bgreets\b|test_greets_by_name/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** Builds the test stage and then the image; gives the log of the first. */
async function build(folder: string, name: string): Promise<string> {
  const tag = `sluice-examples-${process.pid}:${name}`;
  const options = { env: { ...process.env, DOCKER_BUILDKIT: '1' }, maxBuffer: 1 << 26 };
  const tested = await run(
    DOCKER,
    ['build', '--progress', 'plain', '--target', 'test', '--tag', `${tag}-test`, folder],
    options,
  );
  await run(DOCKER, ['build', '--tag', tag, folder], options);
  made.push(tag, `${tag}-test`);
  return tested.stdout + tested.stderr;
}

async function baseImage(image: string): Promise<boolean> {
  if (image === 'busybox:1') await ensureBusybox();
  return run(DOCKER, ['image', 'inspect', image]).then(
    () => true,
    () =>
      run(DOCKER, ['pull', image]).then(
        () => true,
        () => false,
      ),
  );
}

function copyOf(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-example-'));
  cpSync(join(EXAMPLES, name), folder, { recursive: true, filter: (path) => !path.includes('node_modules') });
  // BuildKit takes an unchanged test stage out of its cache, and then there is no log of it.
  writeFileSync(join(folder, `${name}.txt`), String(Math.random()));
  return folder;
}
