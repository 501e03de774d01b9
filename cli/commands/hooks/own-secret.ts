import { flag } from '../../command.ts';
import type { Context } from '../../context.ts';
import { askHidden } from '../../prompt.ts';
import { readSecretFile } from '../../secret-file.ts';

export const ownSecretOption = flag(
  '--own-secret',
  'take one that the sender has already: asked for without an echo, or read from stdin',
);

/** What is sent for it: nothing where the platform makes one. */
export async function ownSecret(context: Context, given: boolean): Promise<{ secret?: string }> {
  if (!given) return {};
  if (!context.terminal.canAsk) return { secret: await readSecretFile(context, '-') };
  const [secret = ''] = await askHidden(context.terminal, ['Secret: ']);
  return { secret: secret.trim() };
}

/** It is not shown to who has it: a screen has more readers than a prompt. */
export function asShown<H extends { readonly secret: string }>(hook: H, own: boolean): H {
  return own ? { ...hook, secret: '(your own)' } : hook;
}
