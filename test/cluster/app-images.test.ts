import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { AppImages } from '../../engines/kubernetes/workloads/app-images.ts';
import { appRef } from '../contract/workloads.ts';
import { clusterRegistries, clusterRegistry, pushBusyboxAs, removeImage } from './support/user-image.ts';

test.each([
  ['at the root of its registry', ''],
  ['below a path of its registry', '/team/x'],
])('what builds pushed is found %s, and removed', async (_, path) => {
  const installationId = randomBytes(8).toString('hex');
  const { id } = appRef('app');
  const { host } = clusterRegistry();
  const repository = `${path}/sluice/${installationId}/${id}`.slice(1);
  const image = await pushBusyboxAs('1000', repository, 'b1');
  onTestFinished(() => removeImage(image).catch(() => undefined));
  const registries = clusterRegistries();
  const images = new AppImages(installationId, { registry: `${host}${path}`, registries });

  const [found, ...more] = await images.list(id);
  expect(more).toEqual([]);
  expect(found?.image).toBe(image);
  expect(found?.createdAt).toBeGreaterThan(0);
  expect(found?.sizeBytes).toBeGreaterThan(100_000);
  expect(await images.appIds()).toEqual([id]);
  expect(await images.bytes()).toBe(found?.sizeBytes);
  expect(await images.isMissing(image)).toBe(false);

  const elsewhere = new AppImages(installationId, { registry: `${host}/other`, registries });
  await elsewhere.remove(id, image);
  expect(await elsewhere.list(id)).toEqual([]);
  expect(await images.isMissing(image)).toBe(false);

  await images.remove(id, image);
  expect(await images.isMissing(image)).toBe(true);
  expect(await images.list(id)).toEqual([]);
  expect(await images.appIds()).toEqual([]);
  await images.remove(id, image);
});
