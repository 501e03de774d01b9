import { z } from 'zod';
import { requestBody } from '../request-body.ts';
import { Release } from './releases.ts';
import { time } from './time.ts';

/** How a change of the config comes to users. */
const configRelease = {
  /** Live as soon as it is healthy, without a canary. */
  now: z.boolean().default(false),
  /** false stages the change: a new version of the config, which the next release takes. */
  release: z.boolean().default(true),
  /** Refused when the config has another version by then. */
  ifVersion: z.number().int().min(0).optional(),
};

const value = z.string().max(65_536);

/** null removes a key. A key that is a secret stays one. Nothing in it: releases what is staged. */
export const SetConfig = requestBody({ values: z.record(z.string(), value.nullable()), ...configRelease });

/** null removes a secret; a key that was plain config becomes a secret. */
export const SetSecrets = requestBody({
  values: z.record(z.string(), value.nullable()),
  /** Given to builds as a secret mount, not to the environment of containers; absent: as before. */
  build: z.boolean().optional(),
  /** Given to containers as a file, not in their environment; absent: as before. */
  file: z.boolean().optional(),
  ...configRelease,
});

export const RotateSecret = requestBody({
  value: value.optional(),
  /** Bytes of a random value, which nobody sees; it is their base64url. */
  generate: z.number().int().min(16).max(1_024).optional(),
  ...configRelease,
}).refine(({ value: given, generate }) => (given === undefined) !== (generate === undefined), {
  message: 'either `value` or `generate` is needed, and not both',
  path: ['value'],
});

/** Keys in which the newest config differs from what is live, or on its way there: the next release brings them. */
export const StagedConfig = z.object({
  /** Number of the release that it is compared with. */
  release: z.number().int(),
  added: z.array(z.string()),
  changed: z.array(z.string()),
  removed: z.array(z.string()),
});
export type StagedConfig = z.infer<typeof StagedConfig>;

export const Config = z.object({
  version: z.number().int(),
  /** All that is no secret. */
  values: z.record(z.string(), z.string()),
  /** Names of the secrets, whose values are never shown. */
  secrets: z.array(z.string()).default([]),
  staged: StagedConfig.optional(),
});
export type Config = z.infer<typeof Config>;

/** A secret, of which everything is shown but its value. */
export const Secret = z.object({
  name: z.string(),
  /** Where it is found: in the environment of containers, in builds, as a file in containers. */
  kinds: z.array(z.enum(['env', 'build', 'file'])),
  /** The config version that gave it the value it has. */
  version: z.number().int().optional(),
  setBy: z.string().optional(),
  setAt: time.optional(),
  /** Releases that still run with another value of it: those on their way out, and what is live while a change is staged. */
  olderIn: z.array(
    z.object({
      release: z.number().int(),
      live: z.boolean(),
      /** When it is stopped, if nothing comes between; absent: not before another release takes over. */
      until: time.optional(),
    }),
  ),
});
export type Secret = z.infer<typeof Secret>;

export const Secrets = z.object({
  version: z.number().int(),
  items: z.array(Secret),
  staged: StagedConfig.optional(),
});
export type Secrets = z.infer<typeof Secrets>;

export const ChangedConfig = z.object({
  version: z.number().int(),
  /** All of it was so already, and the version is the one from before. */
  unchanged: z.boolean().default(false),
  /** The release that is live or on its way and has this config already, where none was made. */
  alreadyIn: z.number().int().optional(),
  /** Of the keys that were set, those that are secrets. */
  secrets: z.array(z.string()).default([]),
  /** Absent when the change is staged, when nothing is live yet, or when it changes nothing for containers. */
  release: Release.optional(),
});
export type ChangedConfig = z.infer<typeof ChangedConfig>;
