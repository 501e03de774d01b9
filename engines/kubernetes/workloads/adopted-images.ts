import type { PinnedReference } from '../../../core/image-reference.ts';
import { Refusal } from '../../../core/reason.ts';
import { runsAsRoot, tcpPorts } from '../../build/image-facts.ts';
import { imageNotFound, imageRefused, registryUnreachable } from '../../image-refusals.ts';
import type { BuiltImage } from '../../port.ts';
import { copyImage } from '../registry/copy-image.ts';
import { findImage, type FoundImage, ownPlatform } from '../registry/find-image.ts';
import { isPassing } from '../registry/passing-trouble.ts';
import type { ImageReference } from '../registry/reference.ts';
import { RegistryRefused, type Registries } from '../registry/registry.ts';

/** Digits of the digest in a tag of ours: enough that no two images share one. */
const DIGITS = 40;

/**
 * Copies an image into the registry of the platform, where the nodes pull from and a rollback still finds it when its own
 * registry is away. What no pod may run is refused before it is copied.
 * @param repository where the app's images are
 */
export async function adoptImage(
  registries: Registries,
  { host, repository }: { readonly host: string; readonly repository: string },
  reference: PinnedReference,
  signal: AbortSignal,
): Promise<BuiltImage> {
  const tag = `image-${reference.digest.slice('sha256:'.length, 'sha256:'.length + DIGITS)}`;
  const own: ImageReference = { host, repository, tag, digest: undefined };
  const known = await findImage(registries, own, ownPlatform(), signal).catch((error: unknown) => {
    if (error instanceof RegistryRefused && error.status === 404) return undefined;
    throw explained(error, { ...reference, host, name: `${host}/${repository}` }, signal);
  });
  if (known) return built(known, `${host}/${repository}@${known.digest}`);
  try {
    const from = { ...reference, tag: undefined };
    const found = await findImage(registries, from, ownPlatform(), signal);
    requireUser(found, reference.name);
    const digest = await copyImage(registries, from, own, signal);
    return built(found, `${host}/${repository}@${digest}`);
  } catch (error) {
    throw explained(error, reference, signal);
  }
}

function built({ config, sizeBytes }: FoundImage, image: string): BuiltImage {
  return { image, exposedPorts: tcpPorts(config.ExposedPorts), sizeBytes, user: config.User ?? '' };
}

function requireUser({ config }: FoundImage, name: string): void {
  const user = config.User ?? '';
  if (runsAsRoot(user)) {
    throw new Refusal(
      422,
      'image_runs_as_root',
      `${name} runs as root (${user === '' ? 'it names no user' : `USER ${user}`}), which this platform does not allow`,
      'add the line `USER 1000` before CMD in its last stage, and build it anew',
    );
  }
  if (/^\d+(?::\d+)?$/.test(user)) return;
  throw new Refusal(
    422,
    'image_user_unknown',
    `${name} runs as USER ${user.slice(0, 60)}, and who that is only its own files say`,
    'write the number in its Dockerfile: `USER 1000`',
  );
}

function explained(error: unknown, { host, name }: PinnedReference, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof Refusal || !(error instanceof Error)) return error;
  const said = (error.cause instanceof Error ? error.cause.message : error.message).slice(0, 300);
  if (isPassing(error)) return registryUnreachable(host, said);
  if (!(error instanceof RegistryRefused)) return registryUnreachable(host, said);
  return error.status === 404 ? imageNotFound(name) : imageRefused(name, said);
}
