import type { Context } from '../../context.ts';

/** Has the platform answer for the app, or the app itself again, and says how to undo it. */
export async function switchMaintenance({ api, app, out }: Context, on: boolean): Promise<void> {
  const client = await api();
  const info = await client.call('setMaintenance', { params: { app: await app() }, body: { on } });
  out.show(info, () => {
    if (on) {
      out.result(`${info.name} is down for maintenance: visitors get a page with status 503`);
      out.detail('What runs goes on running, and a canary waits.');
      out.detail(`Up again: sluice maintenance:off -a ${info.name}`);
      return;
    }
    out.result(`${info.name} answers again at ${info.url}`);
  });
}
