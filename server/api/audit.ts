import type { z } from 'zod';
import type { AppAuditQuery, AuditVerification } from '../../core/contracts/resources.ts';
import { headText } from '../store/audit-chain.ts';
import { type Verification, verifyEvents } from '../store/audit-verification.ts';
import type { EventFilter } from '../store/events.ts';
import { decodeBelow, pageOf } from './cursor.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { iso } from './present/time.ts';
import { presentAuditEntry } from './present/audit-entry.ts';

export function registerAudit(endpoints: Endpoints, { store }: ApiDeps): void {
  const page = (query: z.output<typeof AppAuditQuery>, more: EventFilter) => {
    const { person, action } = query;
    const since = query.since === undefined ? undefined : Date.parse(query.since);
    const below = decodeBelow('audit', query.cursor);
    const rows = store.events.page({ person, action, since, ...more }, below, query.limit + 1);
    return pageOf('audit', rows, query.limit, ({ id }) => id, presentAuditEntry);
  };

  endpoints.answer('listAudit', ({ query }) => page(query, { app: query.app }));
  endpoints.answer('listAppAudit', ({ app, query }) => page(query, { appId: app.id }));
  endpoints.answer('verifyAudit', async ({ query }) => {
    const [number = '', hash = ''] = query.head?.split(':') ?? [];
    const noted =
      query.head === undefined ? undefined : { id: Number(number), mac: Buffer.from(hash, 'hex') };
    return present(await verifyEvents(store.events, noted));
  });
}

function present({ rows, head, fault, anchor, sealed }: Verification): AuditVerification {
  return {
    ok: fault === undefined,
    rows,
    ...(head.id === 0 ? {} : { head: headText(head) }),
    ...(sealed === undefined ? {} : { sealed: { row: sealed.row, at: iso(sealed.at) } }),
    ...(anchor === undefined ? {} : { retired: { upTo: anchor.id, at: iso(anchor.at) } }),
    ...(fault === undefined ? {} : { fault }),
  };
}
