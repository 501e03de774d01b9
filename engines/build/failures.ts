import type { Stage } from '../port.ts';
import { relevantLines } from '../../core/failure/relevant-lines.ts';
import { reason } from '../../core/reason.ts';
import type { Reason } from '../../core/reason.ts';
import type { FailedStep } from './log/build-log.ts';
import { missingSecret, type MissingSecrets } from './missing-secret.ts';

/** Of a failed command's output, kept with the reason: the log has all of it. */
const MOST_LINES = 12;
/** 128 + SIGKILL */
const KILLED = 137;

const CODE = { test: 'test_failed', build: 'build_failed' } as const;
const TIMEOUT = { test: 'test_timeout', build: 'build_timeout' } as const;

export interface StageFacts extends MissingSecrets {
  readonly stage: Stage;
  /** Path of the Dockerfile in the repository. */
  readonly dockerfile: string;
  readonly target: string;
  /** The arguments of `docker build` that repeat this stage on a person's own machine. */
  readonly locally: readonly string[];
  /** What the generated stage runs, when there is one. */
  readonly command: string | undefined;
}

/** Why a solve failed, in words that a person can act on. */
export function failureReason(facts: StageFacts, error: string, step: FailedStep | undefined): Reason {
  const whole = step === undefined ? error : `${error}\n${step.error}`;
  if (/no space left on device/i.test(whole)) {
    return diskFull();
  }
  const syntax = /(?:dockerfile parse error|Dockerfile parse error)(?: on)? line (\d+): ([^\n]*)/i.exec(
    whole,
  );
  if (syntax !== null) {
    const message = `${facts.dockerfile}, line ${syntax[1]}: ${syntax[2]}`;
    return reason(
      'dockerfile_invalid',
      message,
      oldFrontend(message) ?? 'mend that line, commit, and push again',
    );
  }
  if (/target stage .* could not be found/.test(whole)) {
    return reason(
      'target_not_found',
      `${facts.dockerfile} has no stage "${facts.target}"`,
      'see sluice.yaml',
    );
  }
  if (/failed to create LLB definition|the Dockerfile cannot be empty|no build stage/.test(whole)) {
    const words = whole.split('\n')[0]?.replace(/^.*failed to create LLB definition: /, '') ?? whole;
    return reason('dockerfile_invalid', `${facts.dockerfile}: ${words}`, 'mend it, commit, and push again');
  }
  if (step === undefined) return reason(CODE[facts.stage], error, locally(facts));
  return missingSecret(facts, step) ?? stepReason(facts, step);
}

/** `env=` of a secret is newer than many engines (BuildKit 0.16). */
function oldFrontend(message: string): string | undefined {
  if (!message.includes("unexpected key 'env'")) return undefined;
  return 'the BuildKit of this engine is too old for env= of a secret: read the file /run/secrets/NAME instead, or begin the Dockerfile with `# syntax=docker/dockerfile:1` (Docker Engine 23 or newer)';
}

export function diskFull(): Reason {
  return reason(
    'disk_full',
    'the disk of the build machine is full',
    'remove images or build cache there, then push again',
  );
}

export function timeoutReason(stage: Stage, seconds: number, last: string | undefined): Reason {
  const setting = stage === 'test' ? 'test.timeout' : 'build.timeout';
  const at = last === undefined ? '' : `, in ${last}`;
  const message = `the ${stage} stage took longer than its limit of ${seconds} s${at}`;
  return reason(TIMEOUT[stage], message, `make it faster, or raise ${setting} in sluice.yaml`);
}

/** Exit code of a failed command; undefined when the step was no command. */
export function exitCode(error: string): number | undefined {
  const found = /exit code: (\d+)/.exec(error);
  return found === null ? undefined : Number(found[1]);
}

function stepReason(facts: StageFacts, step: FailedStep): Reason {
  const code = exitCode(step.error);
  const killed = code === KILLED;
  const absent = /"([^"]*)"?:? ?not found/.exec(step.error);
  if (code === undefined && absent !== null && /^(?:COPY|ADD) /.test(step.instruction)) {
    const message = `${step.instruction}: ${absent[1]} is not in the build context`;
    return reason(CODE[facts.stage], message, 'commit it, or take it out of .dockerignore');
  }
  if (killed) {
    const message = `${step.instruction} was killed (exit code ${KILLED}), most often because memory ran out`;
    const hint = 'make it need less memory, or give the build machine more';
    return reason(CODE[facts.stage], message, hint, relevantLines(step.output, MOST_LINES));
  }
  const end = code === undefined ? step.error : `exit code ${code}`;
  return reason(
    CODE[facts.stage],
    `${step.instruction} failed: ${end}`,
    locally(facts),
    relevantLines(step.output, MOST_LINES),
  );
}

function locally(facts: StageFacts): string {
  const build = ['docker', 'build', ...facts.locally].join(' ');
  const command = facts.command === undefined ? '' : `, then ${facts.command} in that image`;
  return `to see it on your machine: ${build}${command}`;
}
