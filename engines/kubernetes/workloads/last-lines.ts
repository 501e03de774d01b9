import type { StampedLine } from '../../logs/log-lines.ts';

/** Bytes that an object and two strings take besides what is in them, about. */
const EACH = 150;

/** The newest lines of a log, so many that they take no more than some bytes of memory. */
export class LastLines {
  private lines: StampedLine[] = [];
  private bytes = 0;

  /** @param most bytes that all may take from now on; a quarter more while lines come */
  add(line: StampedLine, most: number): void {
    this.lines.push(line);
    this.bytes += sizeOf(line);
    // To move all the others is too much work for each line.
    if (this.bytes > 1.25 * most) this.cut(most);
  }

  /** Oldest first. */
  all(): readonly StampedLine[] {
    return this.lines;
  }

  private cut(most: number): void {
    let from = 0;
    while (this.bytes > most && from < this.lines.length - 1) {
      this.bytes -= sizeOf(this.lines[from] as StampedLine);
      from += 1;
    }
    this.lines = this.lines.slice(from);
  }
}

function sizeOf({ stamp, text }: StampedLine): number {
  return EACH + stamp.length + Buffer.byteLength(text);
}
