import type { z } from 'zod';
import type { Check as CheckContract } from '../../../core/contracts/resources.ts';

export type Check = z.infer<typeof CheckContract>;

export function passes(name: string, message: string): Check {
  return { name, ok: true, message };
}

/** @param fix the command that mends it */
export function fails(name: string, message: string, fix: string): Check {
  return { name, ok: false, message, fix };
}
