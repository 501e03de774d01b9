import { z } from 'zod';
import { Id, PersonName } from '../../names.ts';
import { requestBody } from '../request-body.ts';
import { Role } from './members.ts';
import { time } from './time.ts';

/** What a person calls a token or a deploy key. */
export const CredentialName = z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9._@ -]{0,62}[A-Za-z0-9])?$/, {
  message: 'a name is 1 to 64 of letters, digits, ".", "_", "@", "-" and spaces between them',
});

export const Token = z.object({
  id: Id,
  name: z.string(),
  /** Who it is. */
  person: PersonName,
  /** The only apps that there are for it; absent: all of its person's. */
  apps: z.array(z.string()).optional(),
  /** The most that it is in any app; absent: what its person is. */
  role: Role.optional(),
  createdAt: time,
  /** Absent: it does not end by itself. */
  expiresAt: time.optional(),
  /** To the minute; absent: never. */
  lastUsedAt: time.optional(),
  lastUsedFrom: z.string().optional(),
});
export type Token = z.infer<typeof Token>;

/** The token itself is in this answer and nowhere else. */
export const CreatedToken = Token.extend({ token: z.string() });
export type CreatedToken = z.infer<typeof CreatedToken>;

const DAY = 24 * 60 * 60;
/** Seconds that a token is good for unless said otherwise. */
export const TOKEN_LIFE = 90 * DAY;
/** The longest that can be said in seconds; longer is `never`. */
export const LONGEST_TOKEN_LIFE = 3_660 * DAY;

export const CreateToken = requestBody({
  /** Unique among the tokens of its person; made up when absent. */
  name: CredentialName.optional(),
  /** Names or ids of apps that you may see. */
  apps: z.array(z.string().min(1).max(64)).min(1).max(100).optional(),
  role: Role.optional(),
  /** Seconds from now. */
  expiresIn: z
    .union([z.number().int().min(60).max(LONGEST_TOKEN_LIFE), z.literal('never')])
    .default(TOKEN_LIFE),
  /** Whose it is, when it is not one's own: admins only. */
  person: PersonName.optional(),
});
