import { Refusal } from '../../core/reason.ts';
import { type Redacts, redactAll } from '../../core/redaction/redact-all.ts';

/** An error on its way to a client: what a refusal says of an app may be the app's own words, or those of another side. */
export function refusalWithoutSecrets(redacts: Redacts, error: unknown): unknown {
  return error instanceof Refusal ? Refusal.of(error.status, redactAll(redacts, error.reason)) : error;
}
