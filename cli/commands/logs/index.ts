import { LOG_LEVELS, type LogLevel } from '../../../core/logs/level.ts';
import { momentOf } from '../../../core/logs/since.ts';
import { Exit, misuse } from '../../failure.ts';
import { define, flag, text, value } from '../../command.ts';
import { appLog, type LogEntry } from '../../follow/app-log.ts';
import { PATIENCE } from '../../follow/patience.ts';
import { releaseNumber, whole } from '../../numbers.ts';
import { cell, clean } from '../../render/clean.ts';
import { coloured } from '../../render/sources.ts';

/** The most that the platform gives of the past. */
const MOST_LINES = 10_000;

export const command = define({
  summary: 'Log lines of an app, those of a crashed release too',
  details: [
    'Levels are read from the lines themselves: JSON (level, severity), `level=warn`, `ERROR …`, `[warn] …`, stack traces;',
    'a line that says none counts as info, or belongs to the error above it while it is indented.',
    'With --since, all lines from then on, unless -n says how many.',
  ].join('\n'),
  examples: ['logs -f', 'logs -n 1000 -p worker', 'logs -r v13', 'logs --since 10m --level error'],
  json: 'LogEntry a line',
  arguments: {},
  options: {
    tail: flag('-t, --tail', 'go on as lines come'),
    follow: flag('-f, --follow', 'the same as --tail'),
    num: value<number | undefined>(
      '-n, --num <lines>',
      'how many lines before now; else 100',
      whole(0, MOST_LINES),
      undefined,
    ),
    process: text('-p, --process <type>', 'only this process, such as web'),
    release: value<number | undefined>(
      '-r, --release <release>',
      'only this release, such as v12',
      releaseNumber,
      undefined,
    ),
    since: text('-s, --since <time>', 'only lines from then on: 10m, 2h30m, 3d, 2026-11-21T08:00:00Z'),
    level: value<LogLevel | undefined>(
      '-l, --level <level>',
      `only ${LOG_LEVELS.join(', ')} and worse`,
      levelOf,
      undefined,
    ),
  },
  choices: { level: LOG_LEVELS },
  async run(context, { tail, follow, num, process, release, since, level }) {
    const { out, terminal } = context;
    const query = {
      tail: num ?? (since === undefined ? 100 : MOST_LINES),
      follow: tail || follow,
      process,
      release,
      since: since === undefined ? undefined : moment(since, context.now()),
      level,
    };
    const entries = appLog(await context.api(), await context.app(), query, PATIENCE);
    for await (const entry of entries) {
      if (context.json) await out.record(entry);
      else await out.bytes(`${line(entry, terminal.colour, terminal.interactive)}\n`);
      if (out.unread) return query.follow ? Exit.unread : Exit.done;
    }
    return Exit.done;
  },
});

function moment(given: string, now: Date): string {
  const at = momentOf(given, now.getTime());
  if (at === undefined)
    throw misuse(`"${given}" is no time`, 'Such as --since 10m, or --since 2026-11-21T08:00:00Z');
  return new Date(at).toISOString();
}

function levelOf(given: string): LogLevel {
  const level = LOG_LEVELS.find((one) => one === given);
  if (level === undefined) throw new Error(`a level is one of ${LOG_LEVELS.join(', ')}`);
  return level;
}

/** `2026-11-21T08:00:00.000Z v12 web.1: text`. The text's own colours stay on a terminal that has colours. */
function line({ at, release, source, text: said }: LogEntry, colour: boolean, interactive: boolean): string {
  const name = cell(source);
  const own = colour ? `${clean(said)}\u001b[0m` : interactive ? cell(said) : said;
  return `${at} v${release} ${colour ? coloured(name) : name}: ${own}`;
}
