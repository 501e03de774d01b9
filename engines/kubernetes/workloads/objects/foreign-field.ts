import type { V1ObjectMeta } from '@kubernetes/client-node';
import { MANAGED_BY } from '../../labels.ts';

/**
 * What somebody else has written into an object's spec, also where nothing was asked for: a policy that is opened, an
 * environment that is added to. Controllers only write states and annotations.
 * @returns the path of the first such field, undefined when all of the spec is ours
 */
export function foreignField(metadata: V1ObjectMeta | undefined): string | undefined {
  for (const { manager, subresource, fieldsV1 } of metadata?.managedFields ?? []) {
    if (manager === MANAGED_BY || subresource === 'status') continue;
    const spec = (fieldsV1 as Fields | undefined)?.['f:spec'];
    if (spec !== undefined) return pathOf('spec', spec);
  }
  return undefined;
}

/** Keys of maps are `f:name`, items of lists `k:{…}`; `.` is the thing itself. */
interface Fields {
  readonly [key: string]: Fields;
}

function pathOf(path: string, fields: Fields): string {
  const first = Object.entries(fields).find(([key]) => key !== '.');
  if (first === undefined) return path;
  const [key, inner] = first;
  return key.startsWith('f:') ? pathOf(`${path}.${key.slice(2)}`, inner) : path;
}
