import type { Redactor } from '../../core/redaction/redactor.ts';
import type { LogLine } from '../../engines/port.ts';

/**
 * The lines of an app without its secrets. A secret of several lines is found in the lines of one process, whatever others say
 * between them: a line with which such a one may begin waits for the next of its process, or for the end.
 * @param redactor asked for each line, as secrets change
 */
export async function* withoutSecrets(
  lines: AsyncIterable<LogLine>,
  redactor: () => Redactor,
): AsyncGenerator<LogLine> {
  const processes = new Map<string, ProcessLines>();
  for await (const line of lines) {
    const process = `${line.release} ${line.source}`;
    let own = processes.get(process);
    if (!own) processes.set(process, (own = new ProcessLines()));
    yield* own.push(line, redactor());
    if (own.isEmpty) processes.delete(process);
  }
  for (const own of processes.values()) yield* own.end(redactor());
}

class ProcessLines {
  /** Lines that are not out yet, as they came. */
  #waiting: LogLine[] = [];
  #held: Buffer = Buffer.alloc(0);
  #cut = 0;
  /** A line that is out of the search, but not at its end: its line break was part of a secret. */
  #begun = '';

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  push(line: LogLine, redactor: Redactor): LogLine[] {
    if (this.isEmpty) {
      // Most lines: nothing was held back, and nothing is. Such a one may have line breaks of its own.
      const text = Buffer.from(`${line.text}\n`);
      const { out, used, cut } = redactor.pass(text, 0, false);
      if (out === text) return [line];
      if (used === text.length && cut === 0) return [{ ...line, text: out.toString().replace(/\n$/, '') }];
    }
    this.#waiting.push(line);
    return this.#search(Buffer.from(`${line.text}\n`), redactor, false);
  }

  end(redactor: Redactor): LogLine[] {
    return this.#search(Buffer.alloc(0), redactor, true);
  }

  #search(more: Buffer, redactor: Redactor, last: boolean): LogLine[] {
    const bytes = this.#held.length === 0 ? more : Buffer.concat([this.#held, more]);
    const { out, used, cut } = redactor.pass(bytes, this.#cut, last);
    this.#held = bytes.subarray(used);
    this.#cut = cut;
    const texts = (this.#begun + out.toString()).split('\n');
    this.#begun = texts.pop() ?? '';
    // With no byte held back, what has no line break any more is a line all the same.
    if (this.#held.length === 0 && this.#cut === 0 && this.#begun !== '') {
      texts.push(this.#begun);
      this.#begun = '';
    }
    // Lines that were cut out as one are one line: its time is that of the first of them.
    const lines = texts.flatMap((text, index) => {
      const line = this.#waiting[Math.min(index, this.#waiting.length - 1)];
      return line ? [{ ...line, text }] : [];
    });
    this.#waiting = this.#held.length === 0 && this.#cut === 0 ? [] : this.#waiting.slice(lines.length);
    return lines;
  }
}
