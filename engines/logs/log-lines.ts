/** One piece of output of a container without a terminal. */
export interface Frame {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

/** One line as the engine keeps it: an RFC 3339 time with nanoseconds, a space, the text. */
export interface StampedLine {
  /** As the engine wrote it; sorts by time as text. */
  readonly stamp: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
  /** Where it is known; times only ascend within one. */
  readonly stream?: Frame['stream'];
  /** Ours, and none of the app's lines. */
  readonly notice?: boolean;
}

/** The engine itself cuts lines at 16 KiB; what is longer than this without a line end is cut as well. */
const LONGEST_LINE = 64 * 1024;

/** @returns undefined when the line does not start with a time */
export function parseStamped(line: string, stream?: Frame['stream']): StampedLine | undefined {
  const space = line.indexOf(' ');
  const stamp = space === -1 ? line : line.slice(0, space);
  const at = Date.parse(stamp);
  if (Number.isNaN(at)) return undefined;
  const text = space === -1 ? '' : line.slice(space + 1);
  return stream === undefined ? { stamp, at, text } : { stamp, at, text, stream };
}

/** Lines of a container's log, stdout and stderr apart so that they never mix within a line. */
export async function* stampedLines(source: AsyncIterable<Frame>): AsyncGenerator<StampedLine> {
  const open = { stdout: new LineCutter(), stderr: new LineCutter() };
  for await (const frame of source) {
    for (const line of open[frame.stream].push(frame.data)) {
      const parsed = parseStamped(line, frame.stream);
      if (parsed !== undefined) yield parsed;
    }
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    const parsed = parseStamped(open[stream].rest(), stream);
    if (parsed !== undefined) yield parsed;
  }
}

/** Cuts bytes into lines without their ends; a line is decoded as a whole, so no character is torn. */
export class LineCutter {
  private parts: Buffer[] = [];
  private length = 0;

  *push(data: Buffer): Generator<string> {
    let from = 0;
    for (let end = data.indexOf(10); end !== -1; end = data.indexOf(10, from)) {
      if (this.length === 0 && end - from <= LONGEST_LINE) {
        // Nearly every line, and without a copy of its bytes.
        yield withoutReturn(data.toString('utf8', from, end));
      } else {
        this.keep(data.subarray(from, end));
        yield this.rest();
      }
      from = end + 1;
    }
    this.keep(data.subarray(from));
  }

  /** What came after the last line end. */
  rest(): string {
    const text = Buffer.concat(this.parts).toString('utf8');
    this.parts = [];
    this.length = 0;
    return withoutReturn(text);
  }

  private keep(part: Buffer): void {
    const room = Math.max(0, LONGEST_LINE - this.length);
    if (part.length === 0 || room === 0) return;
    this.parts.push(Buffer.from(part.subarray(0, room)));
    this.length += Math.min(part.length, room);
  }
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}
