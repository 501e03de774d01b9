import { expect, test } from 'vitest';
import { neverStarted } from '../../../engines/kubernetes/workloads/cluster-reasons.ts';

const whose = { appName: 'shop', release: 3, source: 'run.1' };

test.each([
  [
    'failed to create containerd task: OCI runtime create failed: unable to start container process: exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown',
    'no_shell',
  ],
  ['executable file `/bin/sh` not found: No such file or directory', 'no_shell'],
  ['exec: "/serve": stat /serve: no such file or directory: unknown', 'start_failed'],
  ['exec: "/bin/shop": stat /bin/shop: no such file or directory: unknown', 'start_failed'],
  ['', 'start_failed'],
])('%s is %s', (said, code) => {
  expect(neverStarted(whose, said).code).toBe(code);
});
