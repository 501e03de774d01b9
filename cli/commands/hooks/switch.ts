import type { Context } from '../../context.ts';
import { typeNext } from '../../hints.ts';

/** Lets a hook rest, or work again, and says so. */
export async function switchHook(context: Context, name: string, enabled: boolean): Promise<void> {
  const { out } = context;
  const params = { app: await context.app(), hook: name };
  const hook = await (await context.api()).call('changeHook', { params, body: { enabled } });
  out.show(hook, () => {
    out.result(`The hook ${hook.name} takes ${enabled ? 'messages again' : 'no messages'}`);
    out.detail(`Undo: ${typeNext(context, `hooks:${enabled ? 'disable' : 'enable'} ${hook.name}`)}`);
  });
}
