import { oneLine } from '../../core/printable.ts';
import { reason } from '../../core/reason.ts';
import { BuildFailure } from './build-failure.ts';
import type { ImageUse } from './dockerfile/dockerfile.ts';
import { remoteAdd, remoteAdds } from './dockerfile/outside.ts';
import { familiarName } from './dockerfile/reference.ts';

/** The letters of a reference (distribution/reference); who is asked for others would answer with an error of its own. */
const REFERENCE = /^[\w][\w.:/@+-]{0,511}$/;

/**
 * The base images of one attempt. Each is looked up once, so that both stages see the same image whatever its name comes
 * to mean meanwhile.
 */
export interface BaseImages {
  /** @throws BuildFailure `base_image_unavailable` or `base_image_refused` */
  pin(uses: Iterable<ImageUse>, signal: AbortSignal): Promise<void>;
  /** What to write in place of a use. */
  nameFor(use: ImageUse): string | undefined;
  /** Our names in a text, turned back into what the Dockerfile says. */
  unpin(text: string): string;
  /** Image as written → digest in its repository, or what else identifies it where it has none. */
  digests(): Record<string, string>;
}

/** The same use of the same image has the same key. */
export function useKey(use: ImageUse): string {
  return `${use.platform ?? ''} ${use.image}`;
}

/**
 * @returns its familiar name
 * @throws BuildFailure `base_image_refused` for what is no name, and for another app's image
 */
export function allowedName(use: ImageUse, owner: { installationId: string; appId: string }): string {
  if (!REFERENCE.test(use.image)) {
    throw refused(`line ${use.line}: ${oneLine(use.image)} is no name of an image`);
  }
  const name = familiarName(use.image);
  const all = `sluice/${owner.installationId}/`;
  if (name.replaceAll(`${all}${owner.appId}:`, '').replaceAll(`${all}${owner.appId}@`, '').includes(all)) {
    throw refused(`line ${use.line}: ${use.image} belongs to another app`);
  }
  return name;
}

/** Triggers of a base image run as if its Dockerfile said them. @throws BuildFailure `remote_add_refused` */
export function checkTriggers(use: ImageUse, triggers: readonly string[]): void {
  if (remoteAdds(triggers.join('\n')).length > 0) {
    throw remoteAdd(`line ${use.line}: a trigger (ONBUILD) of ${use.image}`);
  }
}

function refused(message: string): BuildFailure {
  return new BuildFailure(reason('base_image_refused', message, 'use an image of a registry'));
}
