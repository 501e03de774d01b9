/** What a client was told of the lines of a talkative app. Holds hardly any text, so that it can listen for long. */
export class ToldLines {
  /** Lines that came, in order or not. */
  count = 0;
  greeted = false;
  /** Of what else it was told, the end. */
  lastWords: readonly string[] = [];
  /** Seconds that the app took, from the line behind the last one. */
  seconds: number | undefined;
  /** Lines that were said to be left out. */
  leftOut = 0;
  /** Where a line came that was not the next one and was not accounted for. */
  readonly breaks: string[] = [];
  #last = 0;
  #owed = 0;
  /** Where nobody can say how many are missing, if any. */
  someLeftOut = 0;
  #anyOwed = false;
  #rest = '';

  hear(chunk: Buffer | string): void {
    const lines = (this.#rest + chunk.toString()).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#one(line);
  }

  #one(line: string): void {
    const said =
      /line (\d+) of \d+ \.|([\d,]+) lines? left out|said \d+ lines in ([\d.]+) s|(some) (?:lines may be missing|output is missing)|hello$/.exec(
        line,
      );
    if (said === null) {
      this.lastWords = [...this.lastWords.slice(-10), line];
      return;
    }
    const [, number, leftOut, seconds, some] = said;
    if (number !== undefined) this.#number(Number(number));
    else if (leftOut !== undefined) this.#owe(Number(leftOut.replaceAll(',', '')));
    else if (some !== undefined) this.#oweSome();
    else if (seconds !== undefined) this.seconds = Number(seconds);
    else this.greeted = true;
  }

  #owe(lines: number): void {
    this.leftOut += lines;
    this.#owed += lines;
  }

  #oweSome(): void {
    this.someLeftOut += 1;
    this.#anyOwed = true;
  }

  #number(number: number): void {
    this.count += 1;
    const next = this.#last + this.#owed + 1;
    if (this.#anyOwed ? number < next : number !== next) this.breaks.push(`${this.#last} → ${number}`);
    this.#last = number;
    this.#owed = 0;
    this.#anyOwed = false;
  }
}
