import { z } from 'zod';
import { Id, PersonName } from '../../names.ts';
import { requestBody } from '../request-body.ts';
import { time } from './time.ts';

export const Key = z.object({
  id: Id,
  person: PersonName,
  fingerprint: z.string(),
  algorithm: z.string(),
  comment: z.string(),
  createdAt: time,
  /** To the minute; absent: never. */
  lastUsedAt: time.optional(),
  lastUsedFrom: z.string().optional(),
});

export const AddKey = requestBody({
  /** One line of an authorized_keys file. */
  publicKey: z.string().max(20_000),
  /** Another person's name: admins only; the person is made when there is none. */
  person: PersonName.optional(),
});
