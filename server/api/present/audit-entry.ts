import type { AuditEntry } from '../../../core/contracts/resources.ts';
import type { SealedRow } from '../../store/events.ts';
import { iso, optional } from './time.ts';

export function presentAuditEntry(row: SealedRow): AuditEntry {
  return {
    number: row.id,
    at: iso(row.at),
    action: row.action,
    ...optional('person', row.person),
    ...optional('app', row.app),
    ...optional('via', row.via as AuditEntry['via'] | null),
    ...optional('address', row.address),
    ...optional('credential', row.token),
    detail: JSON.parse(row.detail) as Record<string, unknown>,
    hash: Buffer.from(row.mac ?? []).toString('hex'),
  };
}
