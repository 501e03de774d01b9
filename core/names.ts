import { z } from 'zod';
import { CONFIG_KEY, CONFIG_KEY_LENGTH, CONFIG_KEY_RULES, isPlatformsOwn } from './config-key.ts';

/** Names that the platform uses for itself as hosts or paths, so no app may take them. */
const RESERVED = new Set(['api', 'admin', 'platform', 'sluice', 'www', 'internal', 'status']);

/** An app's name is a DNS label, because it becomes a host name: 1 to 30 of a-z, 0-9, `-`, starting with a letter. */
export const AppName = z
  .string()
  .regex(/^[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?$/, {
    message: 'an app name is 1 to 30 of a-z, 0-9 and "-", starts with a letter and does not end with "-"',
  })
  .refine((name) => !RESERVED.has(name), { message: 'this name is reserved for the platform' });

/** A process type of a Procfile (`web`, `worker`, …). It becomes part of names and labels in an engine. */
export const ProcessType = z.string().regex(/^[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?$/, {
  message: 'a process type is 1 to 30 of a-z, 0-9 and "-", starts with a letter and does not end with "-"',
});

/** An environment variable's name. */
export const ConfigKey = z
  .string()
  .max(CONFIG_KEY_LENGTH, { message: CONFIG_KEY_RULES.length })
  .regex(CONFIG_KEY, { message: CONFIG_KEY_RULES.form })
  .refine((key) => !isPlatformsOwn(key), { message: CONFIG_KEY_RULES.own });

/** A full host name, lower case, at most 253 characters, at least two labels. */
export const HostName = z
  .string()
  .max(253)
  .regex(/^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, {
    message: 'a domain is a full lower-case host name such as www.example.com',
  });

/** A person's name on the platform. */
export const PersonName = z.string().regex(/^[a-z0-9][a-z0-9._@-]{0,63}$/, {
  message: 'a person name is 1 to 64 of a-z, 0-9, ".", "_", "@" and "-"',
});

/** A commit id, SHA-1 or SHA-256, in full. */
export const CommitId = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);

/** Ids are made once and never again, so that a new app inherits nothing of an old one of its name. */
export const Id = z.string().regex(/^[a-z0-9]{12,20}$/);
