/** How bad a line is; each one includes those after it. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Words of loggers for their levels. */
const WORDS: Readonly<Record<string, LogLevel>> = {
  trace: 'debug',
  verbose: 'debug',
  silly: 'debug',
  debug: 'debug',
  dbg: 'debug',
  info: 'info',
  inf: 'info',
  notice: 'info',
  log: 'info',
  http: 'info',
  warn: 'warn',
  warning: 'warn',
  wrn: 'warn',
  error: 'error',
  err: 'error',
  fatal: 'error',
  critical: 'error',
  crit: 'error',
  alert: 'error',
  emerg: 'error',
  emergency: 'error',
  panic: 'error',
  severe: 'error',
};
/** Characters in which a level stands, if anywhere; what apps write is not theirs to make us work hard on. */
const HEAD = 160;
const FIELDS = ['level', 'severity', 'lvl', 'levelname', 'log.level', '@l'];
const WORD = Object.keys(WORDS).join('|');

/** `level=warn`, `lvl="error"` */
const LOGFMT = new RegExp(`(?:^|\\s)(?:level|lvl|severity)="?(${WORD})"?(?=\\s|$)`, 'i');
/** `ERROR …`, `[warn] …`, `WARNING:root:…`; by itself in capitals only: `Error handling is on` begins a sentence. */
const LEVEL = new RegExp(`^(?:[[(<](${WORD})[\\])>]|(${WORD})(?=\\s*[:|\\]])|(${WORD})(?=\\s|$))`, 'i');
/** What may stand before it: blanks, times and numbers, something in brackets, a name before a word in capitals. */
const BEFORE = [
  /^\s+/,
  /^[[(]?\d[\d:.,TZ+/-]*[\])]?/,
  /^[+-]\d{4}\]/,
  /^\[[^\]]{0,60}\]/,
  /^[\w.-]{1,40}\s+(?=[A-Z]{3,9}[:\s])/,
];
const MOST_BEFORE = 12;
/** glog and klog: `E0503 10:00:00.000000` */
const GLOG = /^([IWEF])\d{4} \d\d:\d\d:\d\d/;
const GLOG_LEVELS: Readonly<Record<string, LogLevel>> = { I: 'info', W: 'warn', E: 'error', F: 'error' };
/** What runtimes write when a program breaks, without any logger. */
const BREAKS =
  /^(?:Traceback \(most recent call last\)|panic: |fatal error: |goroutine \d+ \[|Unhandled |Uncaught |Exception in thread |(?:[A-Z]\w*)?(?:Error|Exception)(?: \[\w+\])?: |Segmentation fault)/;

/** The level that a line says it has; undefined when it says none. Words within a sentence count for nothing. */
export function levelOf(line: string): LogLevel | undefined {
  if (line.startsWith('{')) {
    const found = levelOfJson(line);
    if (found !== undefined) return found;
  }
  const head = line.slice(0, HEAD);
  const glog = GLOG.exec(head)?.[1];
  if (glog !== undefined) return GLOG_LEVELS[glog];
  if (BREAKS.test(head)) return 'error';
  const logfmt = LOGFMT.exec(head)?.[1];
  if (logfmt !== undefined) return WORDS[logfmt.toLowerCase()];
  return leading(head);
}

/** The level at the beginning of a line, behind what loggers put before it. */
function leading(line: string): LogLevel | undefined {
  let rest = line;
  for (let stripped = 0; stripped < MOST_BEFORE; stripped += 1) {
    const [, bracketed, marked, bare] = LEVEL.exec(rest) ?? [];
    const word = bracketed ?? marked ?? bare;
    if (word !== undefined)
      return word === bare && bare !== bare.toUpperCase() ? undefined : WORDS[word.toLowerCase()];
    const before = BEFORE.map((form) => form.exec(rest)?.[0]).find((found) => found !== undefined);
    if (before === undefined) return undefined;
    rest = rest.slice(before.length);
  }
  return undefined;
}

function levelOfJson(line: string): LogLevel | undefined {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof record !== 'object' || record === null) return undefined;
  for (const field of FIELDS) {
    const value: unknown = Reflect.get(record, field);
    if (typeof value === 'string') return WORDS[value.toLowerCase()];
    if (typeof value === 'number') return byNumber(value);
  }
  return undefined;
}

/** pino and bunyan: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal. */
function byNumber(level: number): LogLevel {
  if (level >= 50) return 'error';
  if (level >= 40) return 'warn';
  return level >= 30 ? 'info' : 'debug';
}

/**
 * Which lines of one source have a level, or a worse one. Lines that say none, such as those of a stack trace, have the
 * one before them while they are indented or empty, else `info`.
 */
export class LevelFilter {
  readonly #least: number;
  #last: LogLevel = 'info';

  constructor(least: LogLevel) {
    this.#least = LOG_LEVELS.indexOf(least);
  }

  passes(line: string): boolean {
    const own = levelOf(line);
    this.#last = own ?? (/^(?:\s|$|Caused by)/.test(line) ? this.#last : 'info');
    return LOG_LEVELS.indexOf(this.#last) >= this.#least;
  }
}
