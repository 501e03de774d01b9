import { PushOptions } from '../../core/push-options.ts';
import { refuse } from './refusals.ts';
import type { Reason } from '../../core/reason.ts';

const VALID_OPTIONS = 'wait=build, wait=live, detach, now, no-cache, supersede, reason=TEXT';

const FLAGS = { detach: 'detach', now: 'now', 'no-cache': 'noCache', supersede: 'supersede' } as const;

/** Reads `git push -o …`. An unknown or malformed option is refused by name. */
export function parsePushOptions(given: readonly string[]): { options: PushOptions } | { refusal: Reason } {
  const read: Record<string, unknown> = {};
  for (const option of given) {
    const at = option.indexOf('=');
    const name = at < 0 ? option : option.slice(0, at);
    const value = at < 0 ? undefined : option.slice(at + 1);
    if (Object.hasOwn(FLAGS, name)) {
      if (value !== undefined) return malformed(option, `it takes no value: -o ${name}`);
      read[FLAGS[name as keyof typeof FLAGS]] = true;
    } else if (name === 'wait') {
      if (value !== 'build' && value !== 'live')
        return malformed(option, 'write -o wait=build or -o wait=live');
      read['wait'] = value;
    } else if (name === 'reason') {
      if (value === undefined || value === '' || value.length > 500 || hasControl(value)) {
        return malformed(option, 'write -o reason="1 to 500 characters on one line"');
      }
      read['reason'] = value;
    } else {
      return { refusal: refuse('unknown_push_option', { option: shown(option), valid: VALID_OPTIONS }) };
    }
  }
  return { options: PushOptions.parse(read) };
}

function malformed(option: string, fix: string): { refusal: Reason } {
  return { refusal: refuse('malformed_push_option', { option: shown(option), fix }) };
}

function hasControl(text: string): boolean {
  return /[\u0000-\u001f\u007f]/.test(text);
}

/** The option as it may be printed on a terminal. */
function shown(option: string): string {
  return option.slice(0, 60).replaceAll(/[\u0000-\u001f\u007f]/g, '?');
}
