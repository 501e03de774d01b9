import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, inject } from 'vitest';
import { operationOf } from './document.ts';
import { tapAnswers } from './tap.ts';

/** In each worker: a test in whose time the API answered otherwise than its OpenAPI document says has failed. */
const faults: string[] = [];
const answered = new Set<string>();

tapAnswers(
  ({ method, url, status }) => {
    if (status < 400) answered.add(operationOf(method, url.split('?')[0] ?? '')?.operationId ?? '');
  },
  (found) => faults.push(...found),
);

function none(): void {
  const found = faults.splice(0);
  if (found.length > 0)
    throw new Error(`answers that are not as the OpenAPI document says:\n${found.join('\n')}`);
}
afterEach(none);
afterAll(() => {
  none();
  const folder = inject('answeredFolder');
  if (folder !== undefined)
    appendFileSync(join(folder, String(process.pid)), `${[...answered].join('\n')}\n`);
});
