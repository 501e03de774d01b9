/**
 * Keeps the newest lines of many sources, at most so many lines and so many characters, so that memory is bounded
 * by what is asked for and not by what was logged.
 */
export class NewestLines<Line extends { readonly stamp: string; readonly text: string }> {
  private readonly most: number;
  private readonly mostCharacters: number;
  private kept: Line[] = [];
  private characters = 0;

  constructor(most: number, mostCharacters: number) {
    this.most = most;
    this.mostCharacters = mostCharacters;
  }

  add(line: Line): void {
    this.kept.push(line);
    this.characters += line.text.length;
    // Sorting is put off until there is twice as much, which makes it cheap per line.
    if (this.kept.length > 2 * this.most + 100 || this.characters > 2 * this.mostCharacters) this.cut();
  }

  /** Oldest first. */
  lines(): readonly Line[] {
    this.cut();
    return this.kept;
  }

  private cut(): void {
    this.kept.sort((a, b) => (a.stamp < b.stamp ? -1 : Number(a.stamp > b.stamp)));
    let from = this.kept.length;
    let characters = 0;
    while (from > 0 && this.kept.length - from < this.most) {
      const more = this.kept[from - 1]?.text.length ?? 0;
      if (characters + more > this.mostCharacters) break;
      characters += more;
      from -= 1;
    }
    this.kept = this.kept.slice(from);
    this.characters = characters;
  }
}
