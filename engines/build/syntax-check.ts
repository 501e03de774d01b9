import type { Dockerfile } from './dockerfile/dockerfile.ts';
import { INDENT } from '../../core/output-lines.ts';

/** Which frontends of `# syntax=` lines can be had. The built-in one does where they are missing. */
export interface Frontends {
  available(image: string, signal: AbortSignal): Promise<boolean>;
}

/** Whether the frontend of a `# syntax=` line is missing; says so once an attempt. */
export class SyntaxCheck {
  private readonly frontends: Frontends;
  private readonly log: (text: string) => Promise<void>;
  private readonly said = new Set<string>();

  constructor(frontends: Frontends, log: (text: string) => Promise<void>) {
    this.frontends = frontends;
    this.log = log;
  }

  async isMissing(dockerfile: Dockerfile, signal: AbortSignal): Promise<boolean> {
    const syntax = dockerfile.directives.find((directive) => directive.name === 'syntax')?.value;
    if (syntax === undefined || (await this.frontends.available(syntax, signal))) return false;
    if (!this.said.has(syntax)) {
      this.said.add(syntax);
      await this.log(
        `${INDENT}${syntax} is not here and no registry gives it: the engine's own frontend is used\n`,
      );
    }
    return true;
  }
}
