import type { StagedConfig } from '../../../core/contracts/resources.ts';
import type { Context } from '../../context.ts';
import { typeNext } from '../../hints.ts';

/** What the next release would bring; on stderr, as it is about the table and not in it. */
export function showStaged(context: Context, staged: StagedConfig | undefined): void {
  if (staged === undefined) return;
  const { added, changed, removed, release } = staged;
  const keys = [
    ...added.map((key) => `+${key}`),
    ...changed.map((key) => `~${key}`),
    ...removed.map((key) => `-${key}`),
  ];
  context.out.progress(`Staged, not in v${release}: ${keys.join(' ')}`);
  context.out.progress(`The next release takes it; to make one now: ${typeNext(context, 'config:deploy')}`);
}
