import { z } from 'zod';
import { CommitId } from '../names.ts';
import { type Reason, reason, Refusal } from '../reason.ts';
import type { ReasonCode } from '../reasons/reasons.ts';

export const HookKind = z.enum(['github', 'gitlab', 'generic']);
export type HookKind = z.infer<typeof HookKind>;

/** What a message asks for. */
export type Wish =
  | { readonly deploy: { readonly commit?: string; readonly ref?: string } }
  /** By digest. */
  | { readonly image: string }
  | { readonly ignored: Reason };

/** A message whose signature was right. */
export interface Message {
  /** As its sender calls it: `push`, `workflow_run`, `Push Hook`, … */
  readonly event: string;
  readonly wish: Wish;
}

/** What decides beside the message itself. */
export interface Filter {
  /** The branch whose changes are deployed. */
  readonly branch: string;
}

/** A header by its name in lower case. */
export type HeaderOf = (name: string) => string | undefined;

/** Git's own rules (git-check-ref-format), and nothing that could be taken for an option. */
export const RefName = z
  .string()
  .max(255)
  .regex(/^(?![-/.])(?!.*(?:\.\.|\/\/|\/\.|@\{|\.lock(?:\/|$)))[^\p{Cc} ~^:?*[\\]+(?<![/.])$/u, {
    message: 'is not the name of a branch or tag',
  });

export const Commit = CommitId.refine((id) => !/^0+$/.test(id), { message: 'is no commit' });

export function ignored(code: ReasonCode, message: string, hint?: string): { ignored: Reason } {
  return { ignored: reason(code, message, hint) };
}

/** The same words for every event of another branch. */
export function otherBranch(name: string, { branch }: Filter): { ignored: Reason } {
  return ignored(
    'other_branch',
    `it is about ${name}, and this hook deploys ${branch}`,
    'another hook can deploy another branch: sluice hooks:create --branch NAME',
  );
}

/**
 * @param event '' when nothing says which it is
 * @param where the sender says so
 * @param choose those that deploy
 */
export function unknownEvent(event: string, where: string, choose: string): { ignored: Reason } {
  return ignored(
    'event_unknown',
    `${event === '' ? `a message without ${where}` : `the event ${event.slice(0, 100)}`} deploys nothing`,
    `choose ${choose} in the settings of the web hook`,
  );
}

/** @throws Refusal 422 `hook_body_invalid` naming what is wrong, never what it holds */
export function shaped<T extends z.ZodType>(schema: T, event: string, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.slice(0, 10).map(({ path, message }) => {
    const where = path.join('.').slice(0, 200);
    return `${where === '' ? 'body' : where}: ${message}`;
  });
  throw new Refusal(422, 'hook_body_invalid', `this is no ${event} message`, undefined, lines);
}
