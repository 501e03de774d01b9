import { define, flag, text, value } from '../../command.ts';
import { appLog, type LogEntry } from '../../follow/app-log.ts';
import { PATIENCE } from '../../follow/patience.ts';
import { releaseNumber, whole } from '../../numbers.ts';
import { cell, clean } from '../../render/clean.ts';
import { coloured } from '../../render/sources.ts';

export const command = define({
  summary: 'Log lines of an app, those of a crashed release too',
  examples: ['logs -f', 'logs -n 1000 -p worker', 'logs -r v13'],
  json: 'LogEntry a line',
  arguments: {},
  options: {
    tail: flag('-t, --tail', 'go on as lines come'),
    follow: flag('-f, --follow', 'the same as --tail'),
    num: value('-n, --num <lines>', 'how many lines before now', whole(0, 10_000), 100),
    process: text('-p, --process <type>', 'only this process, such as web'),
    release: value<number | undefined>(
      '-r, --release <release>',
      'only this release, such as v12',
      releaseNumber,
      undefined,
    ),
  },
  async run(context, { tail, follow, num, process, release }) {
    const { out, terminal } = context;
    const query = { tail: num, follow: tail || follow, process, release };
    const entries = appLog(await context.api(), await context.app(), query, PATIENCE);
    for await (const entry of entries) {
      if (context.json) await out.record(entry);
      else await out.bytes(`${line(entry, terminal.colour, terminal.interactive)}\n`);
    }
  },
});

/** `2026-11-21T08:00:00.000Z v12 web.1: text`. The text's own colours stay on a terminal that has colours. */
function line({ at, release, source, text: said }: LogEntry, colour: boolean, interactive: boolean): string {
  const name = cell(source);
  const own = colour ? `${clean(said)}\u001b[0m` : interactive ? cell(said) : said;
  return `${at} v${release} ${colour ? coloured(name) : name}: ${own}`;
}
