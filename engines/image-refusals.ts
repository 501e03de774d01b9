import { Refusal } from '../core/reason.ts';

/** What can be wrong with an image that somebody else has built; the same words from every engine. */

export function imageNotFound(name: string): Refusal {
  return new Refusal(
    404,
    'image_not_found',
    `there is no image ${name}, or it is not for everybody`,
    'push it first, and check the digest: `docker buildx imagetools inspect NAME:TAG` shows it',
  );
}

/** @param said by the registry */
export function imageRefused(name: string, said: string): Refusal {
  return new Refusal(
    403,
    'image_refused',
    `the registry does not give ${name} to this platform: ${said}`,
    'make the image public, or give the platform a login: docs/web-hooks.md',
  );
}

/** @param said by whoever tried */
export function registryUnreachable(host: string, said: string): Refusal {
  return new Refusal(
    502,
    'registry_unreachable',
    `the registry ${host} cannot be reached: ${said}`,
    'try again in a moment; see `sluice doctor`',
  );
}

export function imageUnfit(name: string, why: string): Refusal {
  return new Refusal(
    422,
    'image_unfit',
    `${name} cannot run here: ${why}`,
    'build it for linux and this machine',
  );
}
