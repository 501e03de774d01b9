import { z } from 'zod';
import { Id, PersonName } from '../../names.ts';
import { requestBody } from '../request-body.ts';
import { Token } from './tokens.ts';

/** `name` is a person's, or of a deploy key. */
export const Me = z.object({
  id: Id,
  name: z.string(),
  kind: z.enum(['person', 'deploy-key', 'hook']),
  admin: z.boolean(),
  /** The token that asked. */
  token: Token.optional(),
});

export const Check = z.object({
  name: z.string(),
  ok: z.boolean(),
  message: z.string(),
  /** The command that mends it. */
  fix: z.string().optional(),
});

export const Status = z.object({
  version: z.string(),
  installationId: Id,
  domain: z.string(),
  httpPort: z.number().int(),
  httpsPort: z.number().int(),
  ssh: z.object({ address: z.string(), fingerprint: z.string() }),
  builds: z.object({ queued: z.number().int(), running: z.number().int(), slots: z.number().int() }),
  parts: z.array(Check),
  /** Apps that are down for maintenance, of those that who asks may see. */
  maintenance: z.array(z.string()),
});
export type Status = z.infer<typeof Status>;

export const Setup = requestBody({ person: PersonName, publicKey: z.string().max(20_000) });

/** What opens the journal; never the key itself. */
export const MasterKey = z.object({
  /** Tells keys apart and says nothing about them. */
  id: z.string(),
  source: z.enum(['environment', 'file']),
  /** Keys of the journal that it wraps. */
  keys: z.number().int(),
  /** Keys that still need another one; 0: no other is needed. */
  waiting: z.number().int(),
});
export type MasterKey = z.infer<typeof MasterKey>;
