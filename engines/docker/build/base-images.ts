import { reason } from '../../../core/reason.ts';
import { engineMessage } from '../client.ts';
import { allowedName, checkTriggers, useKey } from '../../build/base-images.ts';
import type { BaseImages } from '../../build/base-images.ts';
import { BuildFailure } from '../../build/build-failure.ts';
import type { ImageUse } from '../../build/dockerfile/dockerfile.ts';
import { EngineUnreachable } from './engine.ts';
import type { Engine } from './engine.ts';
import { INDENT } from '../../../core/output-lines.ts';
import { pullImage } from './pull.ts';

/** What docker-modem puts before the words of the engine. */
const FRAME = /^\(HTTP code \d+\) [^-]* - /;
/** Milliseconds between two lines about a pull that goes on. */
const PROGRESS_MS = 5_000;

interface Found {
  readonly id: string;
  readonly digest: string;
  /** ONBUILD instructions. */
  readonly triggers: readonly string[];
}

export interface Owner {
  readonly holder: string;
  readonly installationId: string;
  readonly appId: string;
  readonly buildId: string;
  readonly attempt: number;
}

/** Repository of the tags that hold base images for as long as an attempt runs. */
export function baseRepository(installationId: string): string {
  return `sluice/${installationId}/base`;
}

/** Base images held by a tag of our own on their id, so that both solves need no registry. */
export class HeldBaseImages implements BaseImages {
  private readonly engine: Engine;
  private readonly owner: Owner;
  private readonly log: (text: string) => Promise<void>;
  private released = false;
  private readonly pinned = new Map<string, { tag: string; digest: string; image: string }>();

  constructor(engine: Engine, owner: Owner, log: (text: string) => Promise<void>) {
    this.engine = engine;
    this.owner = owner;
    this.log = log;
  }

  async pin(uses: Iterable<ImageUse>, signal: AbortSignal): Promise<void> {
    for (const use of uses) if (!this.pinned.has(useKey(use))) await this.pinOne(use, signal);
  }

  nameFor(use: ImageUse): string | undefined {
    return this.pinned.get(useKey(use))?.tag;
  }

  unpin(text: string): string {
    const repository = baseRepository(this.owner.installationId);
    if (!text.includes(repository)) return text;
    const tags = new RegExp(`(?:docker\\.io/)?(${repository}:[\\w-]+)(?:@sha256:[0-9a-f]+)?`, 'g');
    return text.replace(
      tags,
      (all, tag) => [...this.pinned.values()].find((held) => held.tag === tag)?.image ?? all,
    );
  }

  digests(): Record<string, string> {
    return Object.fromEntries([...this.pinned.values()].map(({ image, digest }) => [image, digest]));
  }

  /** Lets the images go; a second call does nothing. */
  async release(): Promise<void> {
    const tags = this.released ? [] : [...this.pinned.values()].map(({ tag }) => tag);
    this.released = true;
    await Promise.all(tags.map((tag) => this.engine.removeImage(tag)));
  }

  private async pinOne(use: ImageUse, signal: AbortSignal): Promise<void> {
    const { holder, installationId, buildId, attempt } = this.owner;
    const name = allowedName(use, this.owner);
    const found = (await this.local(name, use.platform)) ?? (await this.pulled(name, use, signal));
    checkTriggers(use, found.triggers);
    const tag = `${holder}-${buildId}-${attempt}-${this.pinned.size}`;
    const repository = baseRepository(installationId);
    await this.engine.tagImage(found.id, repository, tag);
    this.pinned.set(useKey(use), { tag: `${repository}:${tag}`, digest: found.digest, image: use.image });
    await this.log(`${INDENT}Base image ${use.image} is ${found.digest}\n`);
  }

  private async local(name: string, platform?: string): Promise<Found | undefined> {
    const image = await this.engine.inspectImage(name);
    // The engine also takes the beginning of an id for a name, and a Dockerfile must not.
    const digests = image?.RepoDigests ?? [];
    if (image === undefined || ![...(image.RepoTags ?? []), ...digests].includes(name)) return undefined;
    const own = `${image.Os}/${image.Architecture}`;
    if (platform !== undefined && !`${platform}/`.startsWith(`${own}/`)) return undefined;
    const repository = name.replace(/[:@][^/]*$/, '');
    const digest = digests.find((candidate) => candidate.startsWith(`${repository}@`))?.split('@')[1];
    return { id: image.Id, digest: digest ?? image.Id, triggers: image.Config.OnBuild ?? [] };
  }

  private async pulled(name: string, use: ImageUse, signal: AbortSignal): Promise<Found> {
    await this.log(`${INDENT}Pulling ${use.image}\n`);
    let said = performance.now();
    try {
      await pullImage(this.engine, name, use.platform, signal, async ({ layers, done }) => {
        if (performance.now() - said < PROGRESS_MS) return;
        said = performance.now();
        await this.log(`${INDENT}Pulling ${use.image}: ${done} of ${layers} layers\n`);
      });
      const found = await this.local(name, use.platform);
      if (found !== undefined) return found;
    } catch (error) {
      if (error instanceof EngineUnreachable) throw error;
      signal.throwIfAborted();
      throw unavailable(use, engineMessage(error).replace(FRAME, '').trim());
    }
    throw unavailable(use, 'the engine does not list it after the pull');
  }
}

function unavailable(use: ImageUse, cause: string): BuildFailure {
  return new BuildFailure(
    reason(
      'base_image_unavailable',
      `line ${use.line}: the base image ${use.image} is not on this machine and cannot be pulled: ${cause}`,
      `check its name; \`docker pull ${use.image}\` or \`docker load\` on the platform's machine brings it there`,
    ),
  );
}
