import { isObject } from './problem.ts';

/** Lists and objects that an answer holds, by field; `?` behind a field: it may be absent. See generated.ts. */
export type Shape = { readonly [field: string]: Shape } | readonly Shape[];

/**
 * Puts an empty list or object where an answer of another version lacks one, so that whoever shows it finds nothing
 * there in place of breaking. Changes `value`. @returns false when it is something else altogether
 */
export function complete(value: unknown, shape: Shape): boolean {
  if (isList(shape)) {
    const [item] = shape;
    return Array.isArray(value) && (item === undefined || value.every((one) => complete(one, item)));
  }
  if (!isObject(value)) return false;
  return Object.entries(shape).every(([field, inner]) => {
    const optional = field.endsWith('?');
    const name = optional ? field.slice(0, -1) : field;
    if (optional && value[name] === undefined) return true;
    value[name] ??= isList(inner) ? [] : {};
    return complete(value[name], inner);
  });
}

function isList(shape: Shape): shape is readonly Shape[] {
  return Array.isArray(shape);
}
