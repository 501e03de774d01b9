import { define, rest } from '../../command.ts';
import { misuse } from '../../failure.ts';
import { renderProcesses } from './render.ts';

export const command = define({
  summary: 'Set how many replicas a process has',
  examples: ['ps:scale web=2 worker=1'],
  json: 'Process[]',
  arguments: { pairs: rest('type=count', '0 to 100 replicas') },
  options: {},
  async run({ api, app, out }, { pairs }) {
    const wanted = parseScale(pairs);
    const { processes } = await (
      await api()
    ).call('scale', { params: { app: await app() }, body: { processes: wanted } });
    out.result(
      `Scaled ${Object.entries(wanted)
        .map(([type, count]) => `${type} to ${count}`)
        .join(', ')}`,
    );
    out.show(processes, () => renderProcesses(out, processes));
  },
});

/** @throws Failure (misuse) for what is no pair, or a type given twice */
export function parseScale(pairs: readonly string[]): Record<string, number> {
  const wanted = new Map<string, number>();
  for (const pair of pairs) {
    const [, type, count] = /^([^=]+)=([0-9]{1,6})$/.exec(pair) ?? [];
    if (type === undefined || count === undefined)
      throw misuse(`"${pair}" is not TYPE=COUNT`, 'Such as: sluice ps:scale web=2');
    if (wanted.has(type)) throw misuse(`${type} is given twice`);
    wanted.set(type, Number(count));
  }
  return Object.fromEntries(wanted);
}
