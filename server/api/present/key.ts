import type { z } from 'zod';
import type { Key } from '../../../core/contracts/resources.ts';
import type { KeyRow } from '../../store/people.ts';
import { iso, optional, optionalTime } from './time.ts';

export function presentKey(key: KeyRow): z.infer<typeof Key> {
  return {
    id: key.id,
    person: key.person,
    fingerprint: key.fingerprint,
    algorithm: key.algorithm,
    comment: key.comment,
    createdAt: iso(key.created_at),
    ...optionalTime('lastUsedAt', key.last_used_at),
    ...optional('lastUsedFrom', key.last_used_from),
  };
}
