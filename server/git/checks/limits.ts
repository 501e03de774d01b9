import type { z } from 'zod';
import { bytesShown } from '../../../core/bytes.ts';
import type { PushLimits } from '../../../core/contracts/internal.ts';
import { refuse } from '../refusals.ts';
import type { Reason } from '../../../core/reason.ts';
import type { TreeSummary } from '../tree-summary.ts';

/** Files and bytes as they would be checked out. */
export function checkLimits(
  commit: string,
  { files, bytes }: TreeSummary,
  limits: z.infer<typeof PushLimits>,
): Reason | undefined {
  if (files > limits.entries) return refuse('too_many_files', { count: files, limit: limits.entries });
  if (bytes <= limits.expandedBytes) return undefined;
  return refuse('tree_too_large', {
    size: bytesShown(bytes),
    limit: bytesShown(limits.expandedBytes),
    oid: commit.slice(0, 12),
  });
}
