import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { replicaContainer } from '../../engines/docker/workloads/container-spec.ts';
import { LABEL, replicaIdentity } from '../../engines/docker/workloads/labels.ts';
import type { ReleaseSpec } from '../../engines/port.ts';
import { FILES, secretFilesContract } from './secret-files.ts';
import { openDocker, releaseOf, type DockerFixture } from './workloads-docker-fixture.ts';
import { allReady, until } from './workloads.ts';

secretFilesContract('docker', () => openDocker('10.215.16.0/20'));

const STAYS = 'exec sleep 3600';

describe('files of a release on Docker', () => {
  let fixture: DockerFixture;
  const images: string[] = [];
  beforeAll(async () => {
    fixture = await openDocker('10.215.32.0/20');
  });
  afterEach(() => fixture.workloads.sweep(new Set()));
  afterAll(async () => {
    await fixture.close();
    for (const image of images) await fixture.docker.getImage(image).remove();
  });

  const worker = (changes: Partial<ReleaseSpec> = {}): ReleaseSpec =>
    releaseOf(fixture, undefined, {
      files: FILES,
      processes: [{ type: 'worker', command: STAYS, replicas: 1 }],
      ...changes,
    });

  async function containers({ app }: ReleaseSpec) {
    const filters = { label: [`${LABEL.app}=${app.id}`] };
    return fixture.docker.listContainers({ all: true, filters });
  }

  async function volumes({ app }: ReleaseSpec): Promise<string[]> {
    const { Volumes } = await fixture.docker.listVolumes({
      filters: { label: [`${LABEL.app}=${app.id}`] } as never,
    });
    return Volumes.map(({ Name }) => Name);
  }

  async function started(release: ReleaseSpec): Promise<string> {
    await fixture.workloads.ensure(release);
    await until(fixture.workloads, release.app.id, allReady(1));
    return (await containers(release))[0]?.Id ?? '';
  }

  async function shownBy(release: ReleaseSpec, command: string): Promise<string> {
    const one = await fixture.workloads.run(release, { command, key: command, tty: false });
    one.stream.end();
    one.stderr?.resume();
    return text(one.stream);
  }

  it('are shown by no inspection, and are in no image that is made of a container', async () => {
    const container = fixture.docker.getContainer(await started(worker()));
    expect(JSON.stringify(await container.inspect())).not.toContain(FILES.TOKEN);
    // It has the labels of the app, and goes with it.
    const { Id: image } = (await container.commit()) as { Id: string };
    const copy = { ...worker({ image }), files: {} };
    expect(await shownBy(copy, 'cat /run/secrets/TOKEN || echo none')).toBe('none\n');
  });

  it('go with their container', async () => {
    const release = worker();
    await started(release);
    await shownBy(release, 'true');
    expect(await volumes(release)).toHaveLength(2);
    await fixture.workloads.removeRelease(release.app, release.releaseId, 1);
    // That of the one-off, which tells how it ended for an hour.
    expect(await volumes(release)).toHaveLength(1);
    await fixture.workloads.removeApp(release.app.id);
    expect(await volumes(release)).toEqual([]);
  });

  it('that somebody has left behind are swept', async () => {
    const release = worker();
    const id = await started(release);
    await fixture.docker.getContainer(id).remove({ force: true });
    expect(await volumes(release)).toHaveLength(1);
    await fixture.workloads.sweep(new Set([release.app.id]));
    expect(await volumes(release)).toEqual([]);
  });

  it('are put into a container whose server died before it did', async () => {
    const release = worker({
      processes: [{ type: 'worker', command: `cat /run/secrets/TOKEN; echo; ${STAYS}`, replicas: 1 }],
    });
    await fixture.workloads.prepareApp(release.app);
    const place = { process: 'worker', index: 1, generation: 1, address: '10.215.32.2' };
    const id = replicaIdentity(fixture.installationId, release, place);
    const limits = { memoryBytes: 64 * 1024 * 1024, cpus: 1, pids: 64 };
    const made = await fixture.docker.createContainer(
      replicaContainer(release, id, release.processes[0]?.command, limits),
    );
    expect(await started(release)).toBe(made.id);
    // It runs before it writes, and the engine takes a moment to write that down.
    await expect
      .poll(async () => (await made.logs({ stdout: true, stderr: true })).toString())
      .toContain(FILES.TOKEN);
  });

  it.each([
    ['a number', '1234:5678', '400 1234'],
    ['a name of the image', 'www-data', '400 33'],
    ['a name that the image does not tell alone', 'nobody:www-data', '400 65534'],
    ['root, which may go on as anybody', 'root', '444 0'],
    ['nobody said', '', '444 0'],
  ])('are readable by the user of the image: %s', async (_, user, rights) => {
    const container = await fixture.docker.createContainer({ Image: fixture.image });
    const { Id: image } = (await container.commit({ changes: `USER ${user || '0'}` })) as { Id: string };
    await container.remove();
    images.push(image);
    const release = worker(user === '' ? {} : { image });
    const shown = await shownBy(release, 'stat -c "%a %u" /run/secrets/TOKEN; cat /run/secrets/TOKEN');
    expect(shown).toBe(`${rights}\n${FILES.TOKEN}`);
  });
});
