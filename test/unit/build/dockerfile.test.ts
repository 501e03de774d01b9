import { describe, expect, it } from 'vitest';
import type { BuildFailure } from '../../../engines/build/build-failure.ts';
import { findStage, stagesFor } from '../../../engines/build/dockerfile/dockerfile.ts';
import type { Dockerfile, DockerfileStage } from '../../../engines/build/dockerfile/dockerfile.ts';
import { parseDockerfile } from '../../../engines/build/dockerfile/parse.ts';
import { familiarName } from '../../../engines/build/dockerfile/reference.ts';
import { SecretIds } from '../../../engines/build/dockerfile/secret-mounts.ts';
import { rewriteDockerfile } from '../../../engines/build/dockerfile/rewrite.ts';
import { chooseBuild, chooseTest } from '../../../engines/build/dockerfile/targets.ts';
import { substitute } from '../../../engines/build/dockerfile/variables.ts';
import { manifest } from '../../support/build-task.ts';

const parse = (text: string, args = {}) => parseDockerfile(text, args);
const images = (text: string, args = {}) =>
  parse(text, args).stages.flatMap((stage) => stage.images.map(({ image }) => image));

describe('substitute', () => {
  const variables = new Map([
    ['a', 'A'],
    ['empty', ''],
  ]);
  it.each([
    ['x$a-y', 'xA-y'],
    ['${a}b', 'Ab'],
    ['$none', ''],
    ['${none:-d}', 'd'],
    ['${empty:-d}', 'd'],
    ['${empty-d}', ''],
    ['${a:+yes}', 'yes'],
    ['${none:+yes}', ''],
    ['${none:-${a}-$a}', 'A-A'],
    ['\\$a', '$a'],
    ['$', '$'],
    ['${a', '${a'],
  ])('%s is %s', (text, result) => {
    expect(substitute(text, variables, '\\')).toBe(result);
  });
});

describe('familiarName', () => {
  it.each([
    ['node', 'node:latest'],
    ['docker.io/library/node:26', 'node:26'],
    ['index.docker.io/me/x', 'me/x:latest'],
    ['ghcr.io/a/b:c', 'ghcr.io/a/b:c'],
    ['localhost:5000/a', 'localhost:5000/a:latest'],
    ['node:26@sha256:ab', 'node@sha256:ab'],
  ])('%s is %s', (written, name) => {
    expect(familiarName(written)).toBe(name);
  });
});

describe('parseDockerfile', () => {
  it.each([
    ['FROM node:26 AS a\nFROM a\nCOPY --from=0 / /\nCOPY --from=A / /', ['node:26']],
    ['FROM scratch\nCOPY --from=nginx:1 / /', ['nginx:1']],
    ['ARG V=1\nARG W=${V}2\nFROM x:$V-${W}', ['x:1-12']],
    [
      'FROM --platform=$BUILDPLATFORM x AS b\nRUN --mount=from=y,target=/y --mount=type=cache,target=/c true',
      ['x', 'y'],
    ],
    ['FROM x\nRUN <<EOF\nFROM not-an-image\nEOF\nCOPY --from=z / /', ['x', 'z']],
    ['FROM x\r\nCOPY \\\r\n  --from=z / /\r\n', ['x', 'z']],
    ['FROM ${UNSET}', []],
    ['FROM a AS a', ['a']],
  ])('%j needs %j', (text, needed) => {
    expect(images(text)).toEqual(needed);
  });

  it('lets build arguments win over defaults', () => {
    expect(images('ARG V=1\nFROM x:$V', { V: '2' })).toEqual(['x:2']);
    expect(images('FROM x:$V', { V: '2' })).toEqual(['x:']);
  });

  it('knows which stages a target needs', () => {
    const file = parse('FROM a AS one\nFROM b AS two\nFROM c AS three\nCOPY --from=two / /\nFROM one');
    const names = (target: string) =>
      [...stagesFor(file, findStage(file, target) as DockerfileStage)].map(({ index }) => index);
    expect(names('three')).toEqual([2, 1]);
    expect(names('3')).toEqual([3, 0]);
  });
});

describe('rewriteDockerfile', () => {
  const plain = (file: Dockerfile) => ({
    pin: () => undefined,
    secretIds: new SecretIds({ installationId: 'inst', appId: 'app' }),
    withoutSyntax: false,
    target: file.stages.at(-1) as DockerfileStage,
  });

  it('replaces every use of an image and nothing else', () => {
    const file = parse(
      'FROM x:1 AS b # x:1\nRUN --mount=type=bind,from=y,target=/y echo x:1\nCOPY --from=x:1 / /\n',
    );
    const { text } = rewriteDockerfile(file, { ...plain(file), pin: ({ image }) => `pinned-${image[0]}` });
    expect(text).toBe(
      'FROM pinned-x AS b # x:1\nRUN --mount=type=bind,from=pinned-y,target=/y echo x:1\nCOPY --from=pinned-x / /\n',
    );
  });

  it('leaves the syntax line out, keeps the escape line first and every line number', () => {
    const file = parse('# syntax=a/b:1\n# escape=`\nFROM x\n');
    expect(rewriteDockerfile(file, { ...plain(file), withoutSyntax: true }).text).toBe(
      '# escape=`\n#\nFROM x\n',
    );
  });

  it('adds the test command in exec form, naming a stage that has no name', () => {
    const file = parse('FROM x\n');
    const { text, target } = rewriteDockerfile(file, { ...plain(file), command: 'a "b" <<E\n$c' });
    expect(target).toBe('sluice-test-command');
    expect(text).toBe(
      'FROM x AS sluice-target\n\n\nFROM sluice-target AS sluice-test-command\nARG SLUICE_FRESH\n' +
        'RUN ["/bin/sh","-c","a \\"b\\" \\u003c\\u003cE\\n$c"]\n',
    );
  });

  it('makes the commands of fresh stages run again', () => {
    const file = parse('FROM x\nRUN a\nFROM y\nRUN b\n');
    const fresh = new Set([file.stages[1] as DockerfileStage]);
    expect(rewriteDockerfile(file, { ...plain(file), fresh }).text).toBe(
      'FROM x\nRUN a\nFROM y\nARG SLUICE_FRESH\nRUN b\n',
    );
  });
});

describe('the stages to run', () => {
  const test = (changes: object) => ({ dockerfile: 'Dockerfile', timeoutSeconds: 1, ...changes });
  const two = 'FROM x AS test\nFROM y AS other\n';
  it.each([
    ['none', 'FROM x', undefined, {}, undefined],
    ['the stage named test', 'FROM x AS Test\nFROM y', undefined, {}, 'Dockerfile 0'],
    ['the target of sluice.yaml', two, test({ target: 'other' }), {}, 'Dockerfile 1'],
    ['Dockerfile.test', 'FROM x', undefined, { 'Dockerfile.test': 'FROM a\nFROM b' }, 'Dockerfile.test 1'],
    ['a stage before a file', two, undefined, { 'Dockerfile.test': 'FROM a' }, 'Dockerfile 0'],
    ['the file of sluice.yaml', two, test({ dockerfile: 'T' }), { T: 'FROM a AS test\nFROM b' }, 'T 0'],
    ['what is built, for a command alone', 'FROM x\nFROM y', test({ command: 'make' }), {}, 'Dockerfile 1'],
  ])('for tests: %s', async (_, text, wanted, files: Record<string, string>, chosen) => {
    const read = async (path: string) => (files[path] === undefined ? undefined : parse(files[path]));
    const choice = await chooseTest(manifest({ ...(wanted && { test: wanted }) }), parse(text), read);
    expect(choice && `${choice.path} ${choice.stage.index}`).toBe(chosen);
  });

  it.each([
    ['FROM a\nFROM b', undefined, 1],
    ['FROM a\nFROM b AS test', 'test', 0],
    ['FROM a AS test', 'test', 0],
    ['FROM a AS test\nFROM b\nFROM c', 'test', 2],
  ])('for the image of %j: %s %i', (text, tested, index) => {
    const file = parse(text);
    const stage = tested === undefined ? undefined : findStage(file, tested);
    expect(chooseBuild(manifest(), file, stage).index).toBe(index);
  });

  it('says which stages there are', () => {
    const target = manifest({ build: { dockerfile: 'Dockerfile', context: '.', args: {}, target: 'x' } });
    let said: unknown;
    try {
      chooseBuild(target, parse('FROM a AS one\nFROM b'), undefined);
    } catch (error) {
      said = (error as BuildFailure).reason;
    }
    expect(said).toMatchObject({
      code: 'target_not_found',
      message: expect.stringContaining('one, 1') as string,
    });
  });
});
