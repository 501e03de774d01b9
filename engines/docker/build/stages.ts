import type { BuildOutcome } from '../../port.ts';
import type { AttemptParts } from './attempt-parts.ts';
import { builtImage, finalTag } from './built-image.ts';
import { stagesFor } from './dockerfile/dockerfile.ts';
import type { DockerfileStage } from './dockerfile/dockerfile.ts';
import { chooseBuild, chooseTest, missing } from './dockerfile/targets.ts';
import type { TestChoice } from './dockerfile/targets.ts';
import { INDENT } from '../../../core/output-lines.ts';
import { runStage } from './run-stage.ts';

/** Seconds, where the manifest names no test stage but the Dockerfile has one. */
const TEST_SECONDS = 600;

/**
 * The test stage, then the build stage of one attempt.
 * @throws BuildFailure, Cancelled, EngineUnreachable
 */
export async function runStages(parts: AttemptParts): Promise<BuildOutcome> {
  const { task, observer, checkout, bases, engine } = parts;
  const { manifest } = task;
  const path = manifest.build.dockerfile;
  const dockerfile = await checkout.dockerfile(path);
  if (dockerfile === undefined) throw missing(path);
  const test = await chooseTest(manifest, dockerfile, (file) => checkout.dockerfile(file));
  const build = chooseBuild(manifest, dockerfile, test?.dockerfile === dockerfile ? test.stage : undefined);

  if (test === undefined)
    await observer.log(`-----> No test stage: nothing is tested\n${INDENT}${HOW_TO_TEST}\n`);
  else {
    await observer.stage('test');
    await observer.log('-----> Testing\n');
    await pinBases(parts, [stagesFor(test.dockerfile, test.stage), stagesFor(dockerfile, build)]);
    await runTest(parts, test);
  }
  await observer.stage('build');
  await observer.log('-----> Building image\n');
  if (test === undefined) await pinBases(parts, [stagesFor(dockerfile, build)]);
  // Stages that the test stage has just made afresh are as fresh as --no-cache can make them.
  const made =
    test?.dockerfile === dockerfile ? stagesFor(dockerfile, test.stage) : new Set<DockerfileStage>();
  const needed = stagesFor(dockerfile, build);
  const shared = [...needed].some((stage) => made.has(stage));
  const image = await runStage(parts, {
    stage: 'build',
    path,
    dockerfile,
    target: build,
    seconds: manifest.buildTimeoutSeconds,
    noCache: task.noCache && !shared,
    ...(task.noCache && shared ? { fresh: new Set([...needed].filter((stage) => !made.has(stage))) } : {}),
    tag: finalTag(task),
    labels: {
      'sluice.installation': task.installationId,
      'sluice.app': task.appId,
      'sluice.build': String(task.buildNumber),
      'sluice.commit': task.commit,
    },
  });
  parts.tidy(bases.release());
  return {
    result: 'succeeded',
    image: await builtImage(engine, image.id, observer),
    baseDigests: bases.digests(),
  };
}

const HOW_TO_TEST =
  'Add a stage `FROM … AS test` whose last line is `RUN <your tests>`, or a file Dockerfile.test, to have them run here';

async function runTest(parts: AttemptParts, test: TestChoice): Promise<void> {
  const { task, observer, engine } = parts;
  const tested = await runStage(parts, {
    stage: 'test',
    path: test.path,
    dockerfile: test.dockerfile,
    target: test.stage,
    seconds: task.manifest.test?.timeoutSeconds ?? TEST_SECONDS,
    command: task.manifest.test?.command,
    noCache: task.noCache,
    labels: {
      'sluice.installation': task.installationId,
      'sluice.app': task.appId,
      'sluice.kind': 'test-image',
    },
  });
  const ranIn = await observer.tested(tested.id, tested.cached);
  if (tested.cached && ranIn !== undefined) {
    await observer.log(`${INDENT}tests cached: they ran in build ${ranIn} with the same inputs\n`);
  } else if (tested.cached)
    await observer.log(`${INDENT}tests cached: they ran before with the same inputs\n`);
  // The cache keeps its layers; only the image would pile up. The build stage need not wait for that.
  parts.tidy(engine.removeImage(tested.id));
}

async function pinBases(parts: AttemptParts, sets: readonly ReadonlySet<DockerfileStage>[]): Promise<void> {
  const uses = sets.flatMap((stages) => [...stages]).flatMap((stage) => stage.images);
  await parts.bases.pin(uses, parts.signal);
}
