import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reason } from '../../../../core/reason.ts';
import { BuildFailure } from '../../../build/build-failure.ts';
import { Checkout } from '../../../build/checkout.ts';
import { CommitTree } from '../../../build/context/commit-tree.ts';
import { SecretIds } from '../../../build/dockerfile/secret-mounts.ts';
import { diskFull } from '../../../build/failures.ts';
import { planStages, runBuildStage, runTestStage } from '../../../build/gate.ts';
import { OfferedSecrets } from '../../../build/offered-secrets.ts';
import { SyntaxCheck } from '../../../build/syntax-check.ts';
import type { Stage } from '../../../port.ts';
import { loginsOf } from '../../registry/docker-config.ts';
import { findImage, ownPlatform } from '../../registry/find-image.ts';
import { parseReference } from '../../registry/reference.ts';
import { Registries } from '../../registry/registry.ts';
import { JOB_PATHS } from '../job-input.ts';
import type { JobInput } from '../job-input.ts';
import type { JobEnd, Recorder } from '../records.ts';
import { numericUser } from '../../../numeric-user.ts';
import { accountFiles } from './accounts.ts';
import { BuildLost } from './build-lost.ts';
import { Buildkitd } from './buildkitd.ts';
import { fetchSecrets } from './fetch-secrets.ts';
import { fetchTree } from './fetch-tree.ts';
import { imageContexts } from './image-contexts.ts';
import { pushedImage } from './pushed-image.ts';
import { RegistryBaseImages } from './registry-base-images.ts';
import type { PinnedImage } from './registry-base-images.ts';
import { SidecarBuildKit } from './sidecar-build-kit.ts';

/** Milliseconds that the sidecar has to begin to answer. */
const SIDECAR_MS = 120_000;
/** Milliseconds that a registry has to name the frontend of a `# syntax=` line. */
const FRONTEND_MS = 3_000;

const TREE = join(JOB_PATHS.work, 'tree.tar');
const PINNED = join(JOB_PATHS.work, 'base-images.json');

/** One of the two containers of the Job, to its end. */
export async function runPhase(
  phase: Stage,
  input: JobInput,
  recorder: Recorder,
  signal: AbortSignal,
): Promise<JobEnd> {
  try {
    return await (phase === 'test' ? test : build)(await open(phase, input, recorder, signal), input);
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof BuildFailure) return { result: 'failed', reason: error.reason };
    if (error instanceof BuildLost) return { result: 'lost', reason: error.reason };
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return { result: 'failed', reason: diskFull() };
    const message = error instanceof Error ? error.message : String(error);
    const why = reason('build_broke_off', `BuildKit broke off the ${phase} stage: ${message}`, 'push again');
    return { result: 'lost', reason: why };
  }
}

type Opened = Awaited<ReturnType<typeof open>>;

async function test({ parts, plan, bases, recorder }: Opened): Promise<JobEnd> {
  const tested = await runTestStage(parts, plan);
  if (tested !== undefined) await recorder.say({ tested });
  await writeFile(PINNED, JSON.stringify(bases.all()));
  return 'passed';
}

async function build(opened: Opened, { image }: JobInput): Promise<JobEnd> {
  const { parts, plan, bases, registries, daemon, signal } = opened;
  const { image: digest } = await runBuildStage(parts, plan);
  const accounts = async (user: string): Promise<string | undefined> => {
    const { host, repository } = parseReference(image);
    const made = { name: 'made', place: host, repository, digest };
    const contexts = imageContexts(registries, [made], signal);
    return numericUser(user, await accountFiles(daemon, made.name, contexts, signal));
  };
  const built = await pushedImage(registries, image, digest, accounts, parts.observer.log, signal);
  return { result: 'succeeded', image: built, baseDigests: bases.digests() };
}

async function open(phase: Stage, input: JobInput, recorder: Recorder, signal: AbortSignal) {
  const { task } = input;
  const login = loginsOf(
    await readFile(join(JOB_PATHS.registryLogin, 'config.json'), 'utf8').catch(() => ''),
  );
  const registries = new Registries(input.registries, login);
  const [tree, daemon, pinned] = await Promise.all([
    phase === 'test' ? fetchTree(input.source, TREE, signal) : CommitTree.reopen(TREE, signal),
    sidecar(signal),
    phase === 'test' ? [] : readFile(PINNED, 'utf8').then((text) => JSON.parse(text) as PinnedImage[]),
  ]);
  const log = (text: string | Uint8Array): Promise<void> => recorder.log(text);
  const checkout = new Checkout(tree, task, platformArgs());
  const bases = new RegistryBaseImages(registries, task, log, pinned);
  const parts = {
    buildKit: new SidecarBuildKit(daemon, input.image, registries, bases, log),
    syntaxCheck: new SyntaxCheck({ available: (image, until) => isThere(registries, image, until) }, log),
    checkout,
    bases,
    secrets: new OfferedSecrets(new SecretIds(task), () => fetchSecrets(input.source, signal)),
    task,
    observer: { log, stage: (stage: Stage) => recorder.stage(stage) },
    signal,
    wholeLogs: 'a step may write 10 MB here: have it write less, or fewer lines of progress',
  };
  const plan = await planStages(task, checkout);
  return { parts, plan, bases, registries, daemon, recorder, signal };
}

async function sidecar(signal: AbortSignal): Promise<Buildkitd> {
  const limit = AbortSignal.timeout(SIDECAR_MS);
  try {
    return await Buildkitd.connect(JOB_PATHS.socket, AbortSignal.any([signal, limit]));
  } catch (error) {
    signal.throwIfAborted();
    if (!limit.aborted) throw error;
    const message = `BuildKit did not start within ${SIDECAR_MS / 1_000} s`;
    throw new BuildLost(
      reason('buildkit_not_started', message, 'kubectl logs -n sluice-builds POD -c buildkit'),
    );
  }
}

async function isThere(registries: Registries, image: string, signal: AbortSignal): Promise<boolean> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(FRONTEND_MS)]);
  const found = findImage(registries, parseReference(image), ownPlatform(), until);
  return found.then(
    () => true,
    () => {
      signal.throwIfAborted();
      return false;
    },
  );
}

/** The variables that BuildKit sets by itself. */
function platformArgs(): Record<string, string> {
  const [os = '', architecture = ''] = ownPlatform().split('/');
  const parts = { PLATFORM: ownPlatform(), OS: os, ARCH: architecture, VARIANT: '' };
  const entries = Object.entries(parts);
  return Object.fromEntries(
    ['TARGET', 'BUILD'].flatMap((of) => entries.map(([name, value]) => [of + name, value])),
  );
}
