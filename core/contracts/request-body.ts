import { z } from 'zod';
import { nearest } from '../manifest/nearest.ts';

/**
 * The body of a request. A field that it does not have is refused: what was meant by it would be left undone, and nobody
 * would be told.
 */
export function requestBody<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => unknownField(key, Object.keys(shape))).join('; ')
        : undefined,
  });
}

function unknownField(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  const instead = meant === undefined ? `it has ${known.join(', ')}` : `did you mean ${meant}?`;
  return `there is no field ${JSON.stringify(key.slice(0, 100))}; ${instead}`;
}
