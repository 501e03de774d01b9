import type { BuildObserver, BuildTask } from '../port.ts';
import type { AttemptParts } from './attempt-parts.ts';
import type { Checkout } from './checkout.ts';
import { stagesFor } from './dockerfile/dockerfile.ts';
import type { Dockerfile, DockerfileStage } from './dockerfile/dockerfile.ts';
import { chooseBuild, chooseTest, missing } from './dockerfile/targets.ts';
import type { TestChoice } from './dockerfile/targets.ts';
import { INDENT } from '../../core/output-lines.ts';
import { runStage } from './run-stage.ts';
import type { StageResult } from './run-stage.ts';

/** Seconds, where the manifest names no test stage but the Dockerfile has one. */
export const TEST_SECONDS = 600;

/** Which stages an attempt makes; follows from the commit and the task alone. */
export interface StagePlan {
  readonly path: string;
  readonly dockerfile: Dockerfile;
  readonly test: TestChoice | undefined;
  readonly build: DockerfileStage;
}

/** @throws BuildFailure `target_not_found`, `dockerfile_invalid` and what the Dockerfiles are refused for */
export async function planStages(task: BuildTask, checkout: Checkout): Promise<StagePlan> {
  const { manifest } = task;
  const path = manifest.build.dockerfile;
  const dockerfile = await checkout.dockerfile(path);
  if (dockerfile === undefined) throw missing(path);
  const test = await chooseTest(manifest, dockerfile, (file) => checkout.dockerfile(file));
  const build = chooseBuild(manifest, dockerfile, test?.dockerfile === dockerfile ? test.stage : undefined);
  return { path, dockerfile, test, build };
}

/**
 * The test stage of one attempt. Where there is none, it says so.
 * @throws BuildFailure, Cancelled, and when the engine goes away
 */
export async function runTestStage(parts: AttemptParts, plan: StagePlan): Promise<StageResult | undefined> {
  const { task, observer } = parts;
  const { test, dockerfile, build } = plan;
  if (test === undefined) {
    await observer.log(`-----> No test stage: nothing is tested\n${INDENT}${HOW_TO_TEST}\n`);
    return undefined;
  }
  await observer.stage('test');
  await observer.log('-----> Testing\n');
  await pinBases(parts, [stagesFor(test.dockerfile, test.stage), stagesFor(dockerfile, build)]);
  return runStage(parts, {
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
}

/** Tells the server that the tests have passed, and people where they ran when they were not run anew. */
export async function tellTested(observer: BuildObserver, tested: StageResult): Promise<void> {
  const ranIn = await observer.tested(tested.image, tested.cached);
  if (tested.cached) await observer.log(testsCached(ranIn));
}

export function testsCached(ranIn: number | undefined): string {
  const when = ranIn === undefined ? 'ran before' : `ran in build ${ranIn}`;
  return `${INDENT}tests cached: they ${when} with the same inputs\n`;
}

/**
 * The build stage of one attempt, after its test stage.
 * @throws BuildFailure, Cancelled, and when the engine goes away
 */
export async function runBuildStage(parts: AttemptParts, plan: StagePlan): Promise<StageResult> {
  const { task, observer } = parts;
  const { path, dockerfile, test, build } = plan;
  await observer.stage('build');
  await observer.log('-----> Building image\n');
  if (test === undefined) await pinBases(parts, [stagesFor(dockerfile, build)]);
  // Stages that the test stage has just made afresh are as fresh as --no-cache can make them.
  const made =
    test?.dockerfile === dockerfile ? stagesFor(dockerfile, test.stage) : new Set<DockerfileStage>();
  const needed = stagesFor(dockerfile, build);
  const shared = [...needed].some((stage) => made.has(stage));
  return runStage(parts, {
    stage: 'build',
    path,
    dockerfile,
    target: build,
    seconds: task.manifest.buildTimeoutSeconds,
    noCache: task.noCache && !shared,
    ...(task.noCache && shared ? { fresh: new Set([...needed].filter((stage) => !made.has(stage))) } : {}),
    labels: {
      'sluice.installation': task.installationId,
      'sluice.app': task.appId,
      'sluice.build': String(task.buildNumber),
      'sluice.commit': task.commit,
    },
  });
}

const HOW_TO_TEST =
  'Add a stage `FROM … AS test` whose last line is `RUN <your tests>`, or a file Dockerfile.test, to have them run here';

async function pinBases(parts: AttemptParts, sets: readonly ReadonlySet<DockerfileStage>[]): Promise<void> {
  const uses = sets.flatMap((stages) => [...stages]).flatMap((stage) => stage.images);
  await parts.bases.pin(uses, parts.signal);
}
