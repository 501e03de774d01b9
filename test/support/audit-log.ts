import { readFile, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { testSettings } from './settings.ts';

/** A line of the API server's audit log. https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/ */
export interface AuditEvent {
  readonly auditID: string;
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent?: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
}

/** What the API server has written, with the files that it has put away. @throws Error when it is not to be had */
export async function auditLog(): Promise<AuditEvent[]> {
  const file = testSettings.clusterAuditLog;
  if (file === '') throw new Error('the audit log of the cluster is not known: SLUICE_CLUSTER_AUDIT_LOG');
  const stem = basename(file).replace(/\.log$/, '');
  const names = (await readdir(dirname(file))).filter((name) => name.startsWith(stem)).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(dirname(file), name), 'utf8')));
  // The last line may be half written.
  return texts
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as AuditEvent);
}
