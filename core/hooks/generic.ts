import { z } from 'zod';
import { pinnedReference } from '../image-reference.ts';
import { Commit, type Message, RefName, shaped, type Wish } from './wish.ts';

/** Ours: exactly one of three, and no other key, so that a slip of the pen deploys nothing. */
const GenericBody = z
  .strictObject({
    /** A branch or a tag of the linked repository: `main`, `refs/tags/v2`. */
    ref: RefName.optional(),
    /** A whole commit id. */
    sha: Commit.optional(),
    /** `registry/name@sha256:…` */
    image: z.string().max(600).optional(),
  })
  .refine((body) => Object.values(body).filter((value) => value !== undefined).length === 1, {
    message: 'exactly one of ref, sha and image says what to deploy',
  });

export function genericMessage(body: unknown): Message {
  return { event: 'deploy', wish: wishOf(shaped(GenericBody, 'deploy', body)) };
}

function wishOf({ ref, sha, image }: z.infer<typeof GenericBody>): Wish {
  if (image !== undefined) return { image: pinnedReference(image).name };
  return { deploy: sha === undefined ? { ref: ref ?? '' } : { commit: sha } };
}
