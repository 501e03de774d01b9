import { appendFileSync } from 'node:fs';
import { tapAnswers } from './tap.ts';

/** `node --import` of this: the process writes down each answer of its own that is not as documented. */
// oxlint-disable-next-line node/no-process-env -- a test's own process has no settings
const file = process.env['SLUICE_TEST_ANSWERS'];
if (file !== undefined) {
  tapAnswers(
    () => undefined,
    (faults) => appendFileSync(file, `${faults.join('\n')}\n`),
  );
}
