import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type PinnedReference, pinnedReference } from '../../core/image-reference.ts';
import { loginsOf } from '../../engines/kubernetes/registry/docker-config.ts';
import { Registries } from '../../engines/kubernetes/registry/registry.ts';
import { AppImages } from '../../engines/kubernetes/workloads/app-images.ts';
import { must } from '../support/command.ts';
import { LoginRegistry } from '../support/login-registry.ts';
import { type DockerFixture, openDocker } from './workloads-docker-fixture.ts';

/** Images that somebody else has built, in a registry that wants a login: each engine makes them the app's own. */
const registry = new LoginRegistry('127.0.0.1');
const signal = new AbortController().signal;
let fixture: DockerFixture;
let ours: PinnedReference;
let ofRoot: PinnedReference;
let ofNobodyKnown: PinnedReference;

beforeAll(async () => {
  fixture = await openDocker('10.252.0.0/24');
  await registry.start();
  ours = await pushed('ours', ['USER 1001', 'EXPOSE 7000', 'LABEL of=this-test']);
  ofRoot = await pushed('of-root', ['LABEL of=root']);
  ofNobodyKnown = await pushed('of-nobody-known', ['USER shop']);
});

afterAll(async () => {
  await fixture.close();
  await registry[Symbol.asyncDispose]();
});

test('docker: pulled with a login, it is the app’s alone, stays without its registry and goes with the app', async () => {
  const { docker } = fixture;
  const workloads = fixture.openWith({ loginOf: async () => login() });
  const app = { id: 'adopt0000001', name: 'shop' };
  const image = await workloads.adoptImage(app, ours, signal);
  expect(image).toMatchObject({ exposedPorts: [7000], user: '1001' });
  expect(image.image).toMatch(/^sha256:/);
  expect(await workloads.images(app.id)).toMatchObject([{ image: image.image }]);
  // No name is left by which it would outlive the app.
  const { RepoTags, RepoDigests } = await docker.getImage(image.image).inspect();
  expect({ RepoTags, RepoDigests }).toEqual({
    RepoTags: [expect.stringMatching(new RegExp(`^sluice/${fixture.installationId}/${app.id}:image-`))],
    RepoDigests: [],
  });
  // Once more it needs no registry.
  const offline = fixture.openWith({});
  expect(await offline.adoptImage(app, ours, signal)).toEqual(image);
  await workloads.removeApp(app.id);
  await expect(docker.getImage(image.image).inspect()).rejects.toMatchObject({ statusCode: 404 });
  await workloads.close();
  await offline.close();
});

test('docker: without a login, without that image, and without a registry it says which of these it is', async () => {
  const anonymous = fixture.openWith({});
  const known = fixture.openWith({ loginOf: async () => login() });
  const app = { id: 'adopt0000002', name: 'shop' };
  await expect(anonymous.adoptImage(app, ours, signal)).rejects.toMatchObject({
    reason: { code: 'image_refused' },
  });
  const none = pinnedReference(`${registry.host}/ours@sha256:${'0'.repeat(64)}`);
  await expect(known.adoptImage(app, none, signal)).rejects.toMatchObject({
    reason: { code: 'image_not_found' },
  });
  const away = pinnedReference(`127.0.0.1:9/ours@${ours.digest}`);
  await expect(known.adoptImage(app, away, signal)).rejects.toMatchObject({
    reason: { code: 'registry_unreachable' },
  });
  await Promise.all([anonymous.close(), known.close()]);
});

test('kubernetes: copied into the registry of the platform, under the app, and found there by rollbacks', async () => {
  const images = new AppImages('install00001', { registry: registry.host, registries: registries() });
  const image = await images.adopt('adopt0000003', ours, signal);
  expect(image).toMatchObject({
    image: expect.stringMatching(
      new RegExp(`^${registry.host}/sluice/install00001/adopt0000003@sha256:[0-9a-f]{64}$`),
    ),
    exposedPorts: [7000],
    user: '1001',
  });
  expect(await images.list('adopt0000003')).toMatchObject([{ image: image.image }]);
  expect(await images.adopt('adopt0000003', ours, signal)).toEqual(image);
  const layout = join(await mkdtemp(join(tmpdir(), 'sl-layout-')), 'image');
  onTestFinished(() => rm(dirname(layout), { recursive: true, force: true }));
  const creds = ['--src-tls-verify=false', '--src-creds', registry.login];
  // Whole, by every digest: skopeo checks each.
  await must('skopeo', ['copy', '--quiet', ...creds, `docker://${image.image}`, `dir:${layout}`]);
});

test.each([
  ['one that runs as root', () => ofRoot, 'image_runs_as_root'],
  ['one whose user is only a name', () => ofNobodyKnown, 'image_user_unknown'],
  [
    'one that is not there',
    () => pinnedReference(`${registry.host}/ours@sha256:${'0'.repeat(64)}`),
    'image_not_found',
  ],
  [
    'one of a registry that is away',
    () => pinnedReference(`127.0.0.1:9/ours@${ours.digest}`),
    'registry_unreachable',
  ],
])('kubernetes: %s is refused before anything is copied', async (_what, reference, code) => {
  const all = registries(['127.0.0.1:9']);
  const images = new AppImages('install00001', { registry: registry.host, registries: all });
  await expect(images.adopt('adopt0000004', reference(), signal)).rejects.toMatchObject({ reason: { code } });
  expect(await images.list('adopt0000004')).toEqual([]);
});

function registries(plainHttp: readonly string[] = []): Registries {
  const settings = { mirrors: {}, plainHttp: [registry.host, ...plainHttp] };
  return new Registries(settings, loginsOf(registry.dockerConfig));
}

function login(): { username: string; secret: string } {
  const [username = '', secret = ''] = registry.login.split(':');
  return { username, secret };
}

async function pushed(name: string, changes: readonly string[]): Promise<PinnedReference> {
  const { docker } = fixture;
  const container = await docker.createContainer({ Image: fixture.image, Cmd: ['true'] });
  const tag = `sluice-test/${fixture.installationId}-${name}:1`;
  const [repo, version] = tag.split(':');
  await container.commit({ repo, tag: version, changes: changes.join('\n') });
  await container.remove();
  const target = `docker://${registry.host}/${name}:1`;
  const creds = ['--dest-tls-verify=false', '--dest-creds', registry.login];
  await must('skopeo', ['copy', '--quiet', ...creds, `docker-daemon:${tag}`, target]);
  // Gone from the engine, so that it has to come from the registry.
  await docker.getImage(tag).remove({ force: true });
  const seen = ['--tls-verify=false', '--creds', registry.login, '--format', '{{.Digest}}'];
  const digest = (await must('skopeo', ['inspect', ...seen, target])).trim();
  return pinnedReference(`${registry.host}/${name}@${digest}`);
}
