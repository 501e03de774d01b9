import type Docker from 'dockerode';
import type { ImageInspectInfo } from 'dockerode';
import type { PinnedReference } from '../../../core/image-reference.ts';
import { tcpPorts } from '../../build/image-facts.ts';
import { lineBatches } from '../../build/json-lines.ts';
import { imageNotFound, imageRefused, imageUnfit, registryUnreachable } from '../../image-refusals.ts';
import type { BuiltImage } from '../../port.ts';
import { engineMessage, EngineUnreachable, reached, unless } from '../client.ts';

const BAD_NAME = 400;
const NOT_FOUND = 404;
const CONFLICT = 409;
/** Digits of the digest in a tag of ours: enough that no two images share one. */
const DIGITS = 40;
/** In the words of registries and of the engine about them. */
const MISSING = /manifest unknown|not found|does not exist|name unknown|no such/i;
const DENIED = /unauthorized|authentication required|no basic auth|denied|forbidden/i;

/** @returns for `docker pull`; undefined: without a login */
export type LoginOf = (
  host: string,
) => Promise<{ readonly username: string; readonly secret: string } | undefined>;

/**
 * Brings an image of a registry into the engine, under a tag of the app's own, so that it stays for as long as the app needs
 * it and goes like any other. A name by which somebody else has it is left alone.
 * @param repository where the app's images are
 */
export async function adoptImage(
  docker: Docker,
  repository: string,
  reference: PinnedReference,
  loginOf: LoginOf,
  signal: AbortSignal,
): Promise<BuiltImage> {
  const tag = `image-${reference.digest.slice('sha256:'.length, 'sha256:'.length + DIGITS)}`;
  const own = await inspect(docker, `${repository}:${tag}`);
  if (own) return factsOf(own);
  const before = await inspect(docker, reference.name);
  if (!before) await pull(docker, reference, loginOf, signal);
  const image = before ?? (await inspect(docker, reference.name));
  if (!image) throw imageNotFound(reference.name);
  try {
    await requireFit(docker, reference.name, image);
    await reached(docker.getImage(image.Id).tag({ repo: repository, tag }));
  } finally {
    // The name that only the pull has made: with it the image would outlive the app.
    if (!before) await unless([NOT_FOUND, CONFLICT], docker.getImage(reference.name).remove());
  }
  return factsOf(image);
}

function factsOf({ Id: image, Size: sizeBytes, Config: config }: ImageInspectInfo): BuiltImage {
  return { image, exposedPorts: tcpPorts(config.ExposedPorts), sizeBytes, user: config.User };
}

async function inspect(docker: Docker, name: string): Promise<ImageInspectInfo | undefined> {
  return unless([BAD_NAME, NOT_FOUND], docker.getImage(name).inspect());
}

async function pull(
  docker: Docker,
  { host, name }: PinnedReference,
  loginOf: LoginOf,
  signal: AbortSignal,
): Promise<void> {
  const login = await loginOf(host);
  const authconfig = login && { username: login.username, password: login.secret, serveraddress: host };
  try {
    const options = { abortSignal: signal, ...(authconfig ? { authconfig } : {}) };
    const answer = (await reached(docker.pull(name, options))) as AsyncIterable<Buffer>;
    for await (const lines of lineBatches(answer)) {
      for (const line of lines) {
        const text = line.toString('utf8').trim();
        const { error } = (text === '' ? {} : JSON.parse(text)) as { error?: string };
        if (error !== undefined) throw new Error(error);
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof EngineUnreachable) throw error;
    const said = engineMessage(error).trim().slice(0, 300);
    if (MISSING.test(said)) throw imageNotFound(name);
    throw DENIED.test(said) ? imageRefused(name, said) : registryUnreachable(host, said);
  }
}

/** An old engine also pulls what it cannot run, where a digest names just that. */
async function requireFit(docker: Docker, name: string, image: ImageInspectInfo): Promise<void> {
  const { Os: os, Arch: arch } = await reached(docker.version());
  if (image.Os !== os || image.Architecture !== arch) {
    throw imageUnfit(name, `it is for ${image.Os}/${image.Architecture}, and this machine is ${os}/${arch}`);
  }
}
