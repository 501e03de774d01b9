import type { ReasonText } from './reason-text.ts';

/** Images that are released without a build. */
export const IMAGES = {
  image_invalid: {
    title: 'That is not the name of an image',
    cause: 'it was mistyped',
    mend: 'write it as registry/name@sha256:…',
  },
  image_without_digest: {
    title: 'The image is named by a tag alone, which may be another image tomorrow',
    cause: 'a tag was given where a digest is needed',
    mend: 'name the digest: registry/name@sha256:…; `docker buildx imagetools inspect` shows it',
  },
  image_host_refused: {
    title: 'The registry is not one that the admin allows',
    cause: 'images of it were not meant to be released here',
    mend: 'the admin adds it to SLUICE_IMAGE_HOSTS',
  },
  image_not_found: {
    title: 'The registry has no such image',
    cause: 'the digest was mistyped, or the image was removed there',
    mend: 'check the digest; push the image again',
  },
  image_refused: {
    title: 'The registry does not give the image to the platform',
    cause: 'it is private, and the platform has no login there',
    mend: 'the admin gives the platform a login for the registry',
  },
  image_unfit: {
    title: 'The image cannot run here',
    cause: 'it is for another processor, or not an image of an app',
    mend: 'build it for the platform of the machines that run apps',
  },
  image_too_slow: {
    title: 'The image did not come in time',
    cause: 'it is very large, or the registry is slow',
    mend: 'try again; layers that came are kept',
  },
} as const satisfies Record<string, ReasonText>;
