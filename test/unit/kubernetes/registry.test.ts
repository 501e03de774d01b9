import { expect, test } from 'vitest';
import {
  buildkitConfiguration,
  cacheBytes,
} from '../../../engines/kubernetes/build/buildkit-configuration.ts';
import { loginsOf } from '../../../engines/kubernetes/registry/docker-config.ts';
import { fullName, parseReference } from '../../../engines/kubernetes/registry/reference.ts';

test.each([
  ['busybox', 'docker.io/library/busybox:latest'],
  ['busybox:1', 'docker.io/library/busybox:1'],
  ['moby/buildkit:rootless', 'docker.io/moby/buildkit:rootless'],
  ['index.docker.io/library/busybox', 'docker.io/library/busybox:latest'],
  ['localhost/app', 'localhost/app:latest'],
  ['10.243.0.1:5000/a/b/c:7', '10.243.0.1:5000/a/b/c:7'],
  ['ghcr.io/a/b@sha256:12', 'ghcr.io/a/b@sha256:12'],
  ['ghcr.io/a/b:1@sha256:12', 'ghcr.io/a/b:1@sha256:12'],
])('%s is %s', (written, full) => {
  expect(fullName(parseReference(written))).toBe(full);
});

test('logins are found by host, and Docker Hub by each of its names', () => {
  const auth = Buffer.from('me:pass:word').toString('base64');
  const login = loginsOf(
    JSON.stringify({
      auths: { 'https://index.docker.io/v1/': { auth }, 'reg:5000': { username: 'u', password: 'p' } },
    }),
  );
  expect(login('docker.io')).toEqual({ username: 'me', secret: 'pass:word' });
  expect(login('registry-1.docker.io')).toEqual({ username: 'me', secret: 'pass:word' });
  expect(login('reg:5000')).toEqual({ username: 'u', secret: 'p' });
  expect(login('reg')).toBeUndefined();
  expect(loginsOf('')('docker.io')).toBeUndefined();
});

test('buildkitd is told of mirrors and of registries without TLS', () => {
  const settings = { mirrors: { 'docker.io': ['10.0.0.1:5000'] }, plainHttp: ['10.0.0.1:5000'] };
  expect(buildkitConfiguration(settings)).toBe(
    '[registry."docker.io"]\n  mirrors = ["10.0.0.1:5000"]\n\n[registry."10.0.0.1:5000"]\n  http = true\n',
  );
});

test.each([
  ['10Gi', 7_516_192_768],
  ['1G', 700_000_000],
  ['1.5Mi', 1_101_004],
  ['1000', 700],
  ['10GB', undefined],
  ['', undefined],
])('of a volume of %s, so many bytes are for the cache: %s', (size, bytes) => {
  expect(cacheBytes(size)).toBe(bytes);
});
