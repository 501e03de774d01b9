import { baseRepository } from './base-images.ts';
import type { Engine } from './engine.ts';

/**
 * Removes the tags on base images, and the images of test stages, that ended attempts of this builder have
 * left. `keep` is asked once they are known, as an attempt may begin meanwhile.
 */
export async function sweepImages(
  engine: Engine,
  installationId: string,
  holder: string,
  keep: () => Promise<ReadonlySet<string>>,
): Promise<void> {
  const repository = baseRepository(installationId);
  const held = await engine.listImages({ reference: [repository] });
  const wanted = await keep();
  for (const image of held) {
    for (const name of image.RepoTags ?? []) {
      const attempt = /^(.+)-\d+$/.exec(name.slice(`${repository}:${holder}-`.length))?.[1];
      if (name.startsWith(`${repository}:${holder}-`) && attempt !== undefined && !wanted.has(attempt)) {
        await engine.removeImage(name);
      }
    }
  }
  // Test images carry no attempt, so that the same inputs give the same id; one in use is made again from the cache.
  const filters = {
    dangling: ['true'],
    label: [`sluice.installation=${installationId}`, 'sluice.kind=test-image'],
  };
  const tests = await engine.listImages(filters);
  if ((await keep()).size > 0) return;
  for (const image of tests) await engine.removeImage(image.Id);
}
