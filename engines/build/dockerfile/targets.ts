import type { Manifest } from '../../../core/manifest/manifest.ts';
import { reason } from '../../../core/reason.ts';
import { BuildFailure } from '../build-failure.ts';
import { findStage } from './dockerfile.ts';
import type { Dockerfile, DockerfileStage } from './dockerfile.ts';

export interface TestChoice {
  readonly path: string;
  readonly dockerfile: Dockerfile;
  readonly stage: DockerfileStage;
}

/**
 * The test stage: what sluice.yaml says, else a stage named `test`, else a file Dockerfile.test, else none.
 * @param read parses a Dockerfile of the commit; undefined when there is no such file
 * @throws BuildFailure `target_not_found` or `dockerfile_invalid`
 */
export async function chooseTest(
  manifest: Manifest,
  build: Dockerfile,
  read: (path: string) => Promise<Dockerfile | undefined>,
): Promise<TestChoice | undefined> {
  const path = manifest.build.dockerfile;
  const wanted = manifest.test;
  if (wanted !== undefined && (wanted.target !== undefined || wanted.dockerfile !== path)) {
    const dockerfile = wanted.dockerfile === path ? build : await read(wanted.dockerfile);
    if (dockerfile === undefined) throw missing(wanted.dockerfile);
    const stage =
      wanted.target === undefined
        ? (findStage(dockerfile, 'test') ?? dockerfile.stages.at(-1))
        : mustFind(dockerfile, wanted.target, wanted.dockerfile);
    return stage === undefined ? undefined : { path: wanted.dockerfile, dockerfile, stage };
  }
  const named = findStage(build, 'test');
  if (named !== undefined) return { path, dockerfile: build, stage: named };
  const file = await read('Dockerfile.test');
  const stage = file && (findStage(file, 'test') ?? file.stages.at(-1));
  if (file !== undefined && stage !== undefined) return { path: 'Dockerfile.test', dockerfile: file, stage };
  if (wanted?.command === undefined) return undefined;
  return { path, dockerfile: build, stage: chooseBuild(manifest, build, undefined) };
}

/** The stage to build: the one of sluice.yaml, else the last, else (when that is the test stage) the last other. */
export function chooseBuild(
  manifest: Manifest,
  build: Dockerfile,
  test: DockerfileStage | undefined,
): DockerfileStage {
  const path = manifest.build.dockerfile;
  if (manifest.build.target !== undefined) return mustFind(build, manifest.build.target, path);
  const last = build.stages.findLast((stage) => stage !== test) ?? build.stages.at(-1);
  if (last === undefined)
    throw new BuildFailure(
      reason('dockerfile_invalid', `${path} has no FROM`, 'run `sluice init` to write one'),
    );
  return last;
}

function mustFind(dockerfile: Dockerfile, target: string, path: string): DockerfileStage {
  const stage = findStage(dockerfile, target);
  if (stage !== undefined) return stage;
  const names = dockerfile.stages.map(({ name, index }) => name ?? String(index));
  throw new BuildFailure(
    reason(
      'target_not_found',
      `${path} has no stage "${target}"; its stages are ${names.join(', ')}`,
      'name one of them in sluice.yaml (build.target, test.target)',
    ),
  );
}

export function missing(path: string): BuildFailure {
  return new BuildFailure(
    reason('dockerfile_invalid', `the commit has no file ${path}`, 'run `sluice init`, which writes one'),
  );
}
