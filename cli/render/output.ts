import type { Failure } from '../failure.ts';
import { isBrokenPipe, write, type Terminal } from '../terminal.ts';
import { refusalLines } from '../../core/failure/screen.ts';
import { cell, clean } from './clean.ts';
import { aligned, tabbed } from './table.ts';
import { ago } from './time.ts';
import { WaitingLine } from './waiting.ts';

const DIM = '\u001b[2m';
const GREEN = '\u001b[32m';
const PLAIN = '\u001b[0m';

/**
 * All that a command prints. On a terminal: tables with a header, relative times, colours. Into a pipe: tabs, no
 * header, ISO times, no colours. With --json: JSON on stdout and nothing else there.
 * Results go to stdout, progress and errors to stderr.
 */
export class Output {
  readonly json: boolean;
  readonly #terminal: Terminal;
  readonly #now: () => Date;
  readonly #waiting: WaitingLine | undefined;
  #unread = false;

  constructor(terminal: Terminal, json: boolean, now: () => Date) {
    this.#terminal = terminal;
    this.json = json;
    this.#now = now;
    this.#waiting =
      json || terminal.spinner === undefined ? undefined : new WaitingLine(terminal, terminal.spinner);
  }

  /** Whether a person sees what is waited for. */
  get tellsWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Says to a person what goes on while nothing else is written, and takes it back; into a pipe nothing of it goes. */
  async waiting<T>(text: string | (() => string), work: () => Promise<T>): Promise<T> {
    const end = this.#waiting?.begin(text);
    try {
      return await work();
    } finally {
      end?.();
    }
  }

  /** The value as JSON, or what `human` prints. */
  show(value: unknown, human: () => void): void {
    if (this.json) this.#toStdout(`${JSON.stringify(value, null, 2)}\n`);
    else human();
  }

  /** One JSON value a line, for what has no end. */
  record(value: unknown): Promise<void> {
    return this.#offer(`${JSON.stringify(value)}\n`);
  }

  /** A table; when it is empty people get `none` instead, and where stdout is read by a program they get it on stderr. */
  table(header: readonly string[], rows: readonly (readonly string[])[], none: string): void {
    if (rows.length === 0) this.#none(none);
    else if (!this.#terminal.interactive) this.#lines(tabbed(rows));
    else this.#lines(aligned(header, rows).map((line, at) => (at === 0 ? this.#paint(DIM, line) : line)));
  }

  #none(text: string): void {
    if (this.#terminal.interactive) this.line(text);
    else if (text !== '') this.progress(text);
  }

  /** Facts about one thing; those without a value are left out. */
  facts(pairs: readonly (readonly [string, string | undefined])[]): void {
    const known = pairs.flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const]));
    if (!this.#terminal.interactive) return this.#lines(tabbed(known));
    const width = Math.max(...known.map(([name]) => name.length));
    this.#lines(known.map(([name, text]) => `${`${name}:`.padEnd(width + 2)}${cell(text)}`));
  }

  lines(texts: readonly string[]): void {
    this.#lines(texts.map(cell));
  }

  /** A line of plain text. */
  line(text: string): void {
    this.#lines([cell(text)]);
  }

  /** A value by itself, whatever it holds, as `$(sluice config:get KEY)` wants it. */
  raw(text: string): void {
    this.#toStdout(`${this.#terminal.interactive ? clean(text) : text}\n`);
  }

  /** `-----> ` what is being done. */
  step(text: string): void {
    if (!this.json) this.#toStderr(`-----> ${cell(text)}\n`);
  }

  /** Seven spaces and a detail of what is being done. */
  progress(text: string): void {
    if (!this.json) this.#toStderr(`       ${cell(text)}\n`);
  }

  /** Sets what follows apart from what came before; a pipe has nothing of it. */
  section(title: string): void {
    if (this.#terminal.interactive) this.#lines(['', this.#paint(DIM, title)]);
  }

  /** `=====> ` what was done. */
  result(text: string): void {
    if (!this.json) this.#lines([this.#paint(GREEN, `=====> ${cell(text)}`)]);
  }

  /** Seven spaces and a detail of the result, such as what to type next. */
  detail(text: string): void {
    if (!this.json) this.#lines([`       ${cell(text)}`]);
  }

  /** Something that the person should know, and that stops nothing. */
  warn(text: string): void {
    if (!this.json) this.#toStderr(` !     ${cell(text)}\n`);
  }

  /** Why something that is shown failed, as its push told it. */
  screen(lines: readonly string[]): void {
    if (this.#terminal.interactive) this.#lines(['']);
    this.#lines(lines);
  }

  /** The same, for people only: into a pipe a table is all there is. */
  explain(lines: readonly string[]): void {
    if (this.#terminal.interactive) this.screen(lines);
  }

  /** Bytes of a log or of a command, as they came; a terminal gets no escape sequences but colours. */
  bytes(text: string): Promise<void> {
    const shown = this.#terminal.interactive ? clean(text) : text;
    this.#giveWay(shown);
    return this.#offer(shown);
  }

  /** Who read stdout has gone. What a command is to do and how it ends does not hang on that, unless it only shows. */
  get unread(): boolean {
    return this.#unread;
  }

  /** `3m ago` for a person, ISO 8601 else. */
  time(iso: string | undefined): string {
    if (iso === undefined) return '';
    return this.#terminal.interactive ? ago(iso, this.#now()) : iso;
  }

  failure({ reason, screen }: Failure): void {
    if (this.json) {
      this.#toStderr(`${JSON.stringify({ error: reason })}\n`);
      return;
    }
    this.#toStderr(`${(screen ?? refusalLines(reason)).join('\n')}\n`);
  }

  #lines(lines: readonly string[]): void {
    if (!this.json && lines.length > 0) this.#toStdout(`${lines.join('\n')}\n`);
  }

  async #offer(text: string): Promise<void> {
    if (this.#unread) return;
    await write(this.#terminal.stdout, text).catch((error: unknown) => {
      if (!isBrokenPipe(error)) throw error;
      this.#unread = true;
    });
  }

  #toStdout(text: string): void {
    this.#giveWay(text);
    this.#terminal.stdout.write(text);
  }

  /** What goes to a file or another program is not in the way. */
  #giveWay(text: string): void {
    if (this.#terminal.interactive) this.#waiting?.giveWay(text);
  }

  #toStderr(text: string): void {
    this.#waiting?.giveWay(text);
    this.#terminal.stderr.write(text);
  }

  #paint(style: string, text: string): string {
    return this.#terminal.colour ? `${style}${text}${PLAIN}` : text;
  }
}
