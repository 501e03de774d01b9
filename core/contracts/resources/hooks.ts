import { z } from 'zod';
import { HookKind, RefName } from '../../hooks/wish.ts';
import { Id } from '../../names.ts';
import { Reason } from '../../reason.ts';
import { requestBody } from '../request-body.ts';
import { time } from './time.ts';

export const HookName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,39}$/, {
  message: 'a hook name is 1 to 40 of a-z, 0-9, ".", "_" and "-"',
});

export const Delivery = z.object({
  id: Id,
  /** Name of the hook that it came by. */
  hook: z.string(),
  /** As its sender calls it: `push`, `workflow_run`, `pipeline`, `deploy`, … */
  event: z.string(),
  /** `pending`: taken, and not yet worked on to its end. */
  state: z.enum(['pending', 'done', 'ignored', 'failed']),
  /** Why it was ignored, or has failed; in `done` what else there is to know. */
  reason: Reason.optional(),
  /** HTTP status that it was answered with. */
  status: z.number().int(),
  /** What it asks for: a commit, a ref or an image. */
  wish: z.string().optional(),
  build: z.number().int().optional(),
  release: z.number().int().optional(),
  /** Path of the build, else of the release, in this API. */
  url: z.string().optional(),
  /** The sender's own name of it. */
  sentId: z.string().optional(),
  /** Where it came from. */
  address: z.string(),
  /** How often the same message came again, which changed nothing. */
  repeats: z.number().int(),
  redeliveryOf: Id.optional(),
  /** Whether its body is still there, so that it can be processed again. */
  kept: z.boolean(),
  receivedAt: time,
  finishedAt: time.optional(),
  /** From its arrival to its end, in milliseconds. */
  tookMs: z.number().int().optional(),
});
export type Delivery = z.infer<typeof Delivery>;

export const Hook = z.object({
  /** Not to be guessed: it is part of the hook's address. */
  id: Id,
  name: z.string(),
  kind: HookKind,
  /** The branch whose changes it deploys. */
  branch: z.string(),
  enabled: z.boolean(),
  /** Where messages go; a path where the platform does not know its own address (SLUICE_PUBLIC_URL). */
  url: z.string(),
  person: z.string(),
  createdAt: time,
  rotatedAt: time.optional(),
  /** Until then the secret before the last rotation is good, too. */
  oldSecretUntil: time.optional(),
  lastDelivery: Delivery.optional(),
  /** The last message that was not taken: its signature was wrong, or it was too old. */
  lastRefused: z.object({ at: time, code: z.string() }).optional(),
});
export type Hook = z.infer<typeof Hook>;

/** The secret is shown here and never again. */
export const HookWithSecret = Hook.extend({ secret: z.string() });
export type HookWithSecret = z.infer<typeof HookWithSecret>;

/** One that the sender has already. With the prefix, what is behind it is base64, as Standard Webhooks want it. */
const OwnSecret = z
  .string()
  .max(256, 'is longer than 256 characters')
  .regex(/^[\u0021-\u007e]{16,}$/, 'is at least 16 printable characters without blanks')
  .refine((secret) => !secret.startsWith('whsec_') || /^whsec_[A-Za-z0-9+/]{22,}={0,2}$/.test(secret), {
    message: 'is base64 of at least 16 bytes behind whsec_',
  });

export const CreateHook = requestBody({
  kind: HookKind,
  /** Absent: one is made. */
  secret: OwnSecret.optional(),
  /** Absent: the kind, with a number where that is taken. */
  name: HookName.optional(),
  /** Absent: the app's deploy branch. */
  branch: RefName.refine((name) => !name.startsWith('refs/'), {
    message: 'is a branch by its short name, such as main',
  }).optional(),
});

export const ChangeHook = requestBody({ enabled: z.boolean() });

export const RotateHook = requestBody({
  /** Seconds for which the secret until now stays good, so that no message is lost meanwhile; 0: it ends at once. */
  keepSeconds: z.number().int().min(0).max(604_800).default(0),
  /** Absent: one is made. */
  secret: OwnSecret.optional(),
});

/** What the sender of a message is told. */
export const HookAnswer = z.object({
  delivery: Id,
  state: Delivery.shape.state,
  event: z.string(),
  /** Where to look what becomes of it: a path of this API, whole where the platform knows its own address. */
  url: z.string(),
  /** Of the build or the release, as soon as it is made. */
  build: z.object({ number: z.number().int(), url: z.string() }).optional(),
  release: z.object({ number: z.number().int(), url: z.string() }).optional(),
  reason: Reason.optional(),
  /** The same message had come before: this changed nothing. */
  repeated: z.boolean(),
});
export type HookAnswer = z.infer<typeof HookAnswer>;
