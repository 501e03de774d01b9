import { expect, test } from 'vitest';
import { pullTrouble } from '../../../engines/kubernetes/build/job/pull-trouble.ts';

const URL_OF = 'http://10.243.0.1:5000/v2/library/busybox/manifests/sha256:ab';

test.each([
  [
    'refused',
    `failed to solve: busybox:1: failed to resolve source metadata for docker.io/library/busybox:1: failed to do request: Head "${URL_OF}": dial tcp 10.243.0.1:5000: connect: connection refused`,
    'dial tcp 10.243.0.1:5000: connect: connection refused',
  ],
  [
    'silent',
    `failed to copy: httpReadSeeker: failed open: failed to do request: Get "${URL_OF}": dial tcp 10.243.0.1:5000: i/o timeout`,
    'dial tcp 10.243.0.1:5000: i/o timeout',
  ],
  [
    'busy',
    `failed to resolve source metadata: unexpected status from HEAD request to ${URL_OF}: 503 Service Unavailable`,
    '503 Service Unavailable',
  ],
])('a registry that is %s may be back for the next attempt', (_what, error, why) => {
  expect(pullTrouble(error)).toEqual({ host: '10.243.0.1:5000', why });
});

test.each([
  ['an image that is not there', `unexpected status from HEAD request to ${URL_OF}: 404 Not Found`],
  ['a name that is none', `failed to do request: Head "https://nowhere.invalid/v2/": dial tcp: no such host`],
  [
    'a command that says the same',
    `process "/bin/sh -c echo 'failed to do request: Head \\"${URL_OF}\\": connection refused'; false" did not complete successfully: exit code: 1`,
  ],
  ['a file that is missing', '"/app": not found'],
])('%s stays what it is', (_what, error) => {
  expect(pullTrouble(error)).toBeUndefined();
});
