import { baseRepository } from './base-images.ts';
import type { Engine } from './engine.ts';

/**
 * Removes the tags on base images, and the images of test stages, that ended attempts of this builder have
 * left. `keep` is asked at the last moment, as an attempt may begin meanwhile.
 */
export async function sweepImages(
  engine: Engine,
  installationId: string,
  holder: string,
  keep: ReadonlySet<string>,
): Promise<void> {
  const repository = baseRepository(installationId);
  for (const image of await engine.listImages({ reference: [repository] })) {
    for (const name of image.RepoTags ?? []) {
      const attempt = /^(.+)-\d+$/.exec(name.slice(`${repository}:${holder}-`.length))?.[1];
      if (name.startsWith(`${repository}:${holder}-`) && attempt !== undefined && !keep.has(attempt)) {
        await engine.removeImage(name);
      }
    }
  }
  // Test images carry no attempt, so that the same inputs give the same id; one in use is made again from the cache.
  if (keep.size > 0) return;
  const filters = {
    dangling: ['true'],
    label: [`sluice.installation=${installationId}`, 'sluice.kind=test-image'],
  };
  for (const image of await engine.listImages(filters)) await engine.removeImage(image.Id);
}
