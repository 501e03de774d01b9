/** What happened in a run, line by line, with milliseconds from its beginning. */
export class Story {
  readonly title: string;
  readonly #began = performance.now();
  readonly #lines: { readonly at: number; readonly text: string; times: number }[] = [];

  constructor(title: string) {
    this.title = title;
  }

  /** The same line again and again is told once. */
  add(text: string): void {
    const last = this.#lines.at(-1);
    if (last?.text === text) last.times++;
    else this.#lines.push({ at: Math.round(performance.now() - this.#began), text, times: 1 });
  }

  get text(): string {
    const told = this.#lines.map(
      ({ at, text, times }) =>
        `${String(at).padStart(7)} ms  ${text}${times === 1 ? '' : ` (${times} times)`}`,
    );
    return [this.title, ...told].join('\n');
  }
}
