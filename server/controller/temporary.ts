import { Refusal } from '../../core/reason.ts';

const AWAY = new Set([
  'engine_unreachable',
  'router_unreachable',
  'router_failed',
  'haproxy_down',
  'no_slots',
]);

/** A part that is away says nothing about a release: whatever needed it is tried again. */
export function isTemporary(error: unknown): boolean {
  return !(error instanceof Refusal) || AWAY.has(error.reason.code);
}
