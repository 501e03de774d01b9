import type { z } from 'zod';
import { type Reason, reason } from '../../core/reason.ts';

const SHOWN = 20;

/** Names each field that is wrong and what would be right. Never the value: it may be a secret. */
export function invalidRequest(error: z.ZodError): Reason {
  const detail = error.issues.slice(0, SHOWN).map((issue) => `${path(issue)}: ${what(issue)}`);
  const more = error.issues.length - detail.length;
  const fields = error.issues.length === 1 ? 'one field is' : `${error.issues.length} fields are`;
  return reason(
    'invalid_request',
    `the request cannot be used: ${fields} wrong`,
    'change what is named and send it again; `/v1/openapi.json` describes every field',
    more > 0 ? [...detail, `and ${more} more`] : detail,
  );
}

function path(issue: z.core.$ZodIssue): string {
  return issue.path.length === 0 ? 'body' : issue.path.join('.').slice(0, 200);
}

/** zod puts the words that help one level down when a record's key or a choice is wrong. */
function what(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  if (issue.code === 'invalid_union') {
    const choices = issue.errors
      .map((choice) => choice[0]?.message)
      .filter((message) => message !== undefined);
    return choices.length === 0 ? issue.message : choices.join(', or ');
  }
  return issue.message;
}
