import { setTimeout as pause } from 'node:timers/promises';
import { INDENT } from '../../../../core/output-lines.ts';
import { reason } from '../../../../core/reason.ts';
import type { BuildKit, SolveResult, StageSolve } from '../../../build/build-kit.ts';
import { BuildFailure } from '../../../build/build-failure.ts';
import type { Trace } from '../../../build/log/trace.ts';
import { filesInMemory } from '../../../build/session/file-source.ts';
import { ImagePush } from '../../registry/push-image.ts';
import { parseReference } from '../../registry/reference.ts';
import { causeOf, waits } from '../../registry/passing-trouble.ts';
import { isBusy, RegistryRefused } from '../../registry/registry.ts';
import type { Registries } from '../../registry/registry.ts';
import { BuildLost } from './build-lost.ts';
import type { Buildkitd, DockerfileSolve, Exported } from './buildkitd.ts';
import { imageContexts } from './image-contexts.ts';
import { pullTrouble } from './pull-trouble.ts';
import type { RegistryBaseImages } from './registry-base-images.ts';

/** Of the exporters. The tests' image goes nowhere: it only tells whether these tests have run before. */
const RESULT = { test: 'containerimage.config.digest', build: 'containerimage.digest' } as const;
const EXPORTER = {
  test: { type: 'image', attributes: { 'oci-mediatypes': 'true' } },
  // Blob by blob to us, instead of to the registry: its login stays out of BuildKit's container, which the app's own
  // commands share.
  build: { type: 'oci', attributes: { tar: 'false' } },
} as const;

type Output = (traces: readonly Trace[]) => Promise<void>;

/** The BuildKit in the same pod; what the build stage makes is pushed. */
export class SidecarBuildKit implements BuildKit {
  private readonly daemon: Buildkitd;
  private readonly image: string;
  private readonly registries: Registries;
  private readonly bases: Pick<RegistryBaseImages, 'served' | 'layersAt'>;
  private readonly log: (text: string) => Promise<void>;

  /** @param image name to push, with its tag */
  constructor(
    daemon: Buildkitd,
    image: string,
    registries: Registries,
    bases: Pick<RegistryBaseImages, 'served' | 'layersAt'>,
    log: (text: string) => Promise<void>,
  ) {
    this.daemon = daemon;
    this.image = image;
    this.registries = registries;
    this.bases = bases;
    this.log = log;
  }

  async solve(request: StageSolve, signal: AbortSignal, output: Output): Promise<SolveResult> {
    const { stage, dockerfile, context, sharedKey, target, args, labels, noCache, secrets } = request;
    const { attributes: contexts, sources } = imageContexts(this.registries, this.bases.served(), signal);
    const attributes = {
      filename: dockerfile.name,
      ...(target === undefined ? {} : { target }),
      ...prefixed('build-arg:', args),
      ...prefixed('label:', labels),
      ...contexts,
      ...(noCache ? { 'no-cache': '' } : {}),
    };
    const folders = { dockerfile: filesInMemory({ [dockerfile.name]: dockerfile.text }), context };
    const solve = {
      services: { folders, content: { sources }, secrets },
      sharedKey,
      attributes,
      exporter: EXPORTER[stage],
    };
    const solved =
      stage === 'build'
        ? await this.solveAndPush(solve, signal, output)
        : await this.daemon.solve(solve, signal, output);
    if ('error' in solved) throwIfUnreached(solved.error);
    if (!('exported' in solved)) return solved;
    const image = solved.exported[RESULT[stage]];
    if (image === undefined) throw new Error(`BuildKit does not say what it made in the ${stage} stage`);
    return { image };
  }

  private async solveAndPush(solve: DockerfileSolve, signal: AbortSignal, output: Output): Promise<Exported> {
    const left = waits();
    const target = parseReference(this.image);
    let attributes = solve.attributes;
    for (let hear = output; ; hear = quiet) {
      const push = new ImagePush(this.registries, target, this.bases.layersAt(target.host), signal);
      const content = { ...solve.services.content, sink: push };
      const pushing = { ...solve, attributes, services: { ...solve.services, content } };
      const result = await this.daemon.solve(pushing, signal, hear);
      const trouble = await troubleOf(push, result);
      if (trouble === undefined || signal.aborted) return signal.aborted ? { stopped: true } : result;
      const { value: wait } = left.next();
      if (wait === undefined || isFinal(trouble)) throw refused(this.image, trouble);
      if (hear === output)
        await this.log(
          `${INDENT}${target.host} did not take the image (${causeOf(trouble)}); sending it again\n`,
        );
      await pause(wait, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return { stopped: true };
      // All of it is in the cache by now, and its log told.
      const { 'no-cache': _all, ...again } = attributes;
      attributes = again;
    }
  }
}

/** What kept the image out of the registry. */
async function troubleOf(push: ImagePush, result: Exported): Promise<unknown> {
  if (!('exported' in result)) return push.trouble;
  try {
    await push.finish(result.exported[RESULT.build] ?? '');
    return undefined;
  } catch (error) {
    return error;
  }
}

/** @throws BuildLost when a registry did not answer BuildKit: nothing is wrong with the Dockerfile */
function throwIfUnreached(error: string): void {
  const trouble = pullTrouble(error);
  if (trouble === undefined) return;
  const message = `BuildKit could not fetch an image from ${trouble.host}: ${trouble.why}`;
  throw new BuildLost(reason('registry_unreachable', message, 'push again; see `sluice doctor`'));
}

const quiet: Output = async () => undefined;

function isFinal(trouble: unknown): boolean {
  return trouble instanceof RegistryRefused && !isBusy(trouble.status);
}

function refused(image: string, trouble: unknown): BuildFailure | BuildLost {
  const said = causeOf(trouble);
  const { host } = parseReference(image);
  if (isFinal(trouble)) {
    const hint =
      'tell whoever runs the platform: its login for the registry may be wrong, or the registry full';
    return new BuildFailure(reason('image_push_refused', `the registry refuses the image: ${said}`, hint));
  }
  const message = `the image could not be sent to ${host}: ${said}`;
  return new BuildLost(reason('registry_unreachable', message, 'push again; see `sluice doctor`'));
}

function prefixed(prefix: string, map: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [prefix + name, value]));
}
