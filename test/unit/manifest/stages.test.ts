import { describe, expect, test } from 'vitest';
import { isNoDockerfile, readManifest } from '../../../core/manifest/read.ts';
import { hasStage, readStages } from '../../../core/manifest/dockerfile.ts';
import { manifestOf, problemsOf } from './reading.ts';

const PLAIN = 'FROM a\n';
const STAGED = 'FROM a AS base\nFROM base AS Test\nFROM base\n';

describe('the test stage is the first of', () => {
  test.each([
    [
      'what sluice.yaml says',
      { Dockerfile: STAGED, 'sluice.yaml': 'test: {target: base}' },
      { dockerfile: 'Dockerfile', target: 'base' },
    ],
    [
      'a stage by its number',
      { Dockerfile: STAGED, 'sluice.yaml': 'test: {target: 1}' },
      { dockerfile: 'Dockerfile', target: '1' },
    ],
    [
      'a file that sluice.yaml names',
      { 'ci/Dockerfile': PLAIN, 'sluice.yaml': 'test: {dockerfile: ./ci/Dockerfile}' },
      { dockerfile: 'ci/Dockerfile' },
    ],
    [
      'the stage test of that file',
      { ci: STAGED, 'sluice.yaml': 'test: {dockerfile: ci}' },
      { dockerfile: 'ci', target: 'test' },
    ],
    [
      'a stage named test',
      { Dockerfile: STAGED, 'Dockerfile.test': PLAIN },
      { dockerfile: 'Dockerfile', target: 'test' },
    ],
    ['a file Dockerfile.test', { 'Dockerfile.test': PLAIN }, { dockerfile: 'Dockerfile.test' }],
    ['its stage test', { 'Dockerfile.test': STAGED }, { dockerfile: 'Dockerfile.test', target: 'test' }],
    [
      'what is built, for a command alone',
      { 'sluice.yaml': 'test: {command: x}' },
      { dockerfile: 'Dockerfile', command: 'x' },
    ],
    ['none', {}, undefined],
    ['none, for a time limit alone', { 'sluice.yaml': 'test: {timeout: 1m}' }, undefined],
  ])('%s', async (_, files, expected) => {
    const { test: found } = await manifestOf(files);
    expect(found).toEqual(expected && { timeoutSeconds: 600, ...expected });
  });
});

test.each([
  [
    'test: {target: tets}',
    '1: test.target: Dockerfile has no stage "tets"; it has base, test -> did you mean test?',
  ],
  [
    'build:\n  target: production',
    '2: build.target: Dockerfile has no stage "production"; it has base, test -> a line `FROM … AS production` in Dockerfile',
  ],
  [
    'build: {target: 3}',
    '1: build.target: Dockerfile has no stage "3"; it has base, test -> a line `FROM … AS 3` in Dockerfile',
  ],
  [
    'test: {dockerfile: nowhere}',
    '1: test.dockerfile: there is no file "nowhere" -> the path of a Dockerfile in this repository',
  ],
  [
    'web: {}\nbuild: {dockerfile: app/Dockerfile}',
    '2: build.dockerfile: there is no file "app/Dockerfile" -> run `sluice init`, which writes one with a test stage, and commit it',
  ],
])('%j is refused', async (text, problem) => {
  expect(await problemsOf({ Dockerfile: STAGED, 'sluice.yaml': text })).toEqual([`sluice.yaml:${problem}`]);
});

test('tests that would be the image itself are refused', async () => {
  expect(await problemsOf({ 'sluice.yaml': 'web: {}\ntest: {dockerfile: Dockerfile}' })).toEqual([
    'sluice.yaml:2: test.dockerfile: Dockerfile is what is built; it has no stage "test" -> ' +
      'a stage `FROM … AS test` in Dockerfile, or test.target',
  ]);
});

test('without a Dockerfile the one problem is that, and a program can tell', async () => {
  const { problems } = await readManifest(() => Promise.resolve(undefined));
  expect(problems).toEqual([
    {
      code: 'no_dockerfile',
      file: 'Dockerfile',
      line: 0,
      message: 'there is no Dockerfile at the root of the repository',
      fix: 'run `sluice init`, which writes one with a test stage, and commit it',
    },
  ]);
  expect(problems.filter(isNoDockerfile)).toHaveLength(1);
});

test('heredocs, continued lines, remarks and an escape directive hide and make no stage', () => {
  const text = [
    '# escape=`',
    '# FROM no AS remark',
    'FROM --platform=linux/amd64 a AS One',
    'RUN <<EOF',
    'FROM no AS heredoc',
    'EOF',
    'RUN echo `',
    '  FROM no AS continued',
    'from b as two',
    'FROM c',
  ].join('\n');
  expect(readStages(text)).toEqual([
    { name: 'one', line: 3 },
    { name: 'two', line: 9 },
    { name: undefined, line: 10 },
  ]);
  expect(['ONE', '2'].every((target) => hasStage(readStages(text), target))).toBe(true);
  expect(['3', 'heredoc', 'continued'].some((target) => hasStage(readStages(text), target))).toBe(false);
});

test('a mistake in sluice.yaml or the Procfile is not followed by mistakes that come of it', async () => {
  const files = { Dockerfile: STAGED, 'sluice.yaml': 'scale: {worker: 1}', Procfile: 'web: a\nworker b\n' };
  expect(await problemsOf(files)).toHaveLength(1);
  const { problems } = await readManifest((path) =>
    Promise.resolve(path === 'sluice.yaml' ? 'build: {dockerfile: /x}' : undefined),
  );
  expect(problems).toHaveLength(1);
});

test.each([
  ['too long', `FROM a\n${'# x\n'.repeat(40_000)}`, 'at most 131072 characters'],
  ['too many stages', 'FROM a\n'.repeat(201), 'at most 200 stages'],
])('a Dockerfile that would hold up those who push after it is refused: %s', async (_, Dockerfile, right) => {
  const began = performance.now();
  const { problems } = await readManifest(async (path) => (path === 'Dockerfile' ? Dockerfile : undefined));
  expect(problems.map(({ fix }) => fix)).toEqual([right]);
  expect(performance.now() - began).toBeLessThan(2_000);
});
