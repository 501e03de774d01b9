import { z } from 'zod';
import { page, route } from '../route.ts';
import * as r from '../resources.ts';

export const auditRoutes = {
  listAudit: route({
    method: 'GET',
    path: '/v1/audit',
    summary: 'Who did what from where, newest first (admins)',
    query: r.AuditQuery,
    answer: page(r.AuditEntry),
    status: 200,
  }),
  listAppAudit: route({
    method: 'GET',
    path: '/v1/apps/:app/audit',
    summary: 'Who did what to an app, newest first',
    query: r.AppAuditQuery,
    answer: page(r.AuditEntry),
    status: 200,
  }),
  verifyAudit: route({
    method: 'GET',
    path: '/v1/audit/verify',
    summary: 'Whether a row was changed, removed, reordered or cut off (admins)',
    query: z.object({ head: r.AuditHead.optional() }),
    answer: r.AuditVerification,
    status: 200,
  }),
} as const;
