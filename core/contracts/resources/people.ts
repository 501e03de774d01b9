import { z } from 'zod';
import { Id, PersonName } from '../../names.ts';
import { requestBody } from '../request-body.ts';
import { Role } from './members.ts';
import { time } from './time.ts';

export const Person = z.object({
  id: Id,
  name: PersonName,
  admin: z.boolean(),
  createdAt: time,
  keys: z.number().int(),
  tokens: z.number().int(),
  /** Their roles, by the app's name. */
  apps: z.array(z.object({ app: z.string(), role: Role })),
  /** When a key or a token of theirs was last used, to the minute; absent: never. */
  lastUsedAt: time.optional(),
});
export type Person = z.infer<typeof Person>;

export const SetPerson = requestBody({ admin: z.boolean() });
