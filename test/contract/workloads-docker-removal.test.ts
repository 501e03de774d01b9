import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LABEL } from '../../engines/docker/workloads/labels.ts';
import { allReady, until } from './workloads.ts';
import { openDocker, releaseOf, SERVE, type DockerFixture } from './workloads-docker-fixture.ts';

describe('apps removed on Docker', () => {
  let fixture: DockerFixture;
  beforeAll(async () => {
    fixture = await openDocker('10.214.64.0/20');
  });
  afterAll(() => fixture.close());

  /** An image of nobody else's, under the app's name only. */
  async function imageOf(appId: string): Promise<string> {
    const { docker, image, installationId } = fixture;
    const container = await docker.createContainer({ Image: image, Cmd: ['true'] });
    const { Id: id } = (await container.commit({
      repo: `sluice/${installationId}/${appId}`,
      tag: 'b1',
      changes: `LABEL ${LABEL.app}=${appId}`,
    })) as { Id: string };
    await container.remove();
    return id;
  }

  it('leave an image that another app runs, which goes with that app', async () => {
    const { docker, workloads } = fixture;
    const builder = releaseOf(fixture, SERVE);
    const image = await imageOf(builder.app.id);
    const other = releaseOf(fixture, SERVE, { image });
    for (const release of [{ ...builder, image }, other]) {
      await workloads.ensure(release);
      await until(workloads, release.app.id, allReady(1));
    }

    await workloads.removeApp(builder.app.id);
    expect(await workloads.observe(builder.app.id)).toEqual([]);
    expect(await workloads.observe(other.app.id)).toEqual([expect.objectContaining({ state: 'ready' })]);
    await expect(docker.getImage(image).inspect()).resolves.toMatchObject({ Id: image });

    await workloads.removeApp(other.app.id);
    await workloads.sweep(new Set());
    await expect(docker.getImage(image).inspect()).rejects.toMatchObject({ statusCode: 404 });
  });
});
