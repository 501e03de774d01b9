import type { Trace, Vertex } from './trace.ts';
import { oneLine } from '../../../core/printable.ts';
import { INDENT, OutputLines } from '../../../core/output-lines.ts';

/** Characters of a step's last output that are kept, to be shown again when other steps wrote after it. */
const TAIL = 8_192;
const TAIL_LINES = 20;

interface Step {
  readonly name: string;
  readonly internal: boolean;
  readonly output: OutputLines;
  shown: boolean;
  cached: boolean;
  started: boolean;
  ended: boolean;
  tail: string;
}

export interface FailedStep {
  /** As the log shows it: `RUN npm test`. */
  readonly instruction: string;
  readonly error: string;
  /** Its last output, as it was written. */
  readonly output: string;
}

/** Turns BuildKit's trace of one solve into lines for people. */
export class BuildLog {
  private readonly steps = new Map<string, Step>();
  private readonly rename: (name: string) => string;
  private readonly wholeLogs: string;
  private speaking: Step | undefined;
  private failure: { step: Step; error: string } | undefined;
  private clipped = false;

  /**
   * @param rename makes a step's name, and what went wrong in it, what its writer knows: pinned images by their own names
   * @param wholeLogs how to see all where BuildKit cuts a step's output
   */
  constructor(rename: (name: string) => string, wholeLogs: string) {
    this.rename = rename;
    this.wholeLogs = wholeLogs;
  }

  /** @returns text for the log, '' when there is nothing to say */
  add(trace: Trace): string {
    let text = '';
    for (const vertex of trace.vertices) text += this.begin(vertex);
    for (const { vertex, bytes } of trace.logs) {
      const step = this.steps.get(vertex);
      if (step !== undefined && !step.internal) text += this.speak(step, step.output.push(bytes));
    }
    for (const vertex of trace.vertices) text += this.end(vertex);
    return text;
  }

  /** True when every command of the solve came out of the cache, and there was one. */
  get commandsCached(): boolean {
    const commands = [...this.steps.values()].filter((step) => instruction(step.name).startsWith('RUN '));
    return commands.length > 0 && commands.every((step) => step.cached);
  }

  get failed(): FailedStep | undefined {
    if (this.failure === undefined) return undefined;
    const { step, error } = this.failure;
    return {
      instruction: instruction(step.name),
      error,
      output: step.tail.replaceAll(new RegExp(`^${INDENT}`, 'gm'), ''),
    };
  }

  /** The command that began last and has not ended. */
  get lastCommand(): string | undefined {
    const open = [...this.steps.values()].findLast((step) => step.started && !step.ended && !step.internal);
    return open && instruction(open.name);
  }

  /** What to show last when the solve has failed: the failed step's last lines, unless they are the last already. */
  failureText(): string {
    const step = this.failure?.step;
    if (step === undefined || step === this.speaking) return '';
    const lines = step.tail
      .split('\n')
      .slice(-TAIL_LINES - 1)
      .join('\n');
    return `${INDENT}${step.name}\n${lines}`;
  }

  private begin(vertex: Vertex): string {
    let step = this.steps.get(vertex.digest);
    if (step === undefined) {
      const name = oneLine(this.rename(vertex.name));
      const internal = /^\[(?:[^\]]* )?internal\] |^exporting |^docker-image:|^resolve |^\[auth\]/.test(name);
      const output = new OutputLines();
      step = { name, internal, output, shown: false, cached: false, started: false, ended: false, tail: '' };
      this.steps.set(vertex.digest, step);
    }
    step.started ||= vertex.started;
    step.cached ||= vertex.cached;
    if (step.internal || step.shown || !(vertex.started || vertex.cached)) return '';
    step.shown = true;
    if (step.cached) return `${INDENT}${step.name} CACHED\n`;
    this.speaking = step;
    return `${INDENT}${step.name}\n`;
  }

  private end(vertex: Vertex): string {
    const step = this.steps.get(vertex.digest);
    if (step === undefined || step.ended || !vertex.completed) return '';
    step.ended = true;
    if (vertex.error !== '' && !vertex.error.endsWith('context canceled')) {
      this.failure ??= { step, error: this.rename(vertex.error) };
    }
    return this.speak(step, step.output.end());
  }

  private clipHint(lines: string): string {
    if (this.clipped || !lines.includes(CLIPPED)) return '';
    this.clipped = true;
    return `${INDENT}${this.wholeLogs}\n`;
  }

  private speak(step: Step, lines: string): string {
    if (lines === '') return '';
    step.tail = (step.tail + lines).slice(-TAIL);
    const hint = this.clipHint(lines);
    if (this.speaking === step) return lines + hint;
    this.speaking = step;
    return `${INDENT}${step.name}\n${lines}${hint}`;
  }
}

/** What BuildKit writes where it cuts a step's output; its limits are 1 or 2 MiB and 100 or 200 KiB/s. */
const CLIPPED = '[output clipped, log limit';

/** `[test 3/4] RUN npm test` → `RUN npm test` */
function instruction(name: string): string {
  return name.replace(/^\[[^\]]*\] /, '');
}
