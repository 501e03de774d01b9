import { SERVER_OPTIONS } from '../config/slot.ts';
import { HOSTS_MAP, ROUTES_MAP } from '../layout.ts';
import type { Change, MapName } from '../routing/plan.ts';

const FILES: Record<MapName, string> = { hosts: HOSTS_MAP, routes: ROUTES_MAP };

/** How a change is said to HAProxy. Keys and values hold no blanks: the contract's alphabets see to that. */
export function commandOf(change: Change): string {
  switch (change.kind) {
    case 'add-server':
      // Not with the keyword `enabled`: 2.6 then shows the server as up and never sends it a request.
      return `add server ${change.slot}/${change.server} ${change.address} ${SERVER_OPTIONS}`;
    case 'ready':
      return `set server ${change.slot}/${change.server} state ready`;
    case 'leave':
      return `set server ${change.slot}/${change.server} state maint`;
    case 'cut':
      return `shutdown sessions server ${change.slot}/${change.server}`;
    case 'delete-server':
      return `del server ${change.slot}/${change.server}`;
    case 'map-add':
      return `add map ${FILES[change.map]} ${change.key} ${change.value}`;
    case 'map-set':
      return `set map ${FILES[change.map]} ${change.key} ${change.value}`;
    case 'map-delete':
      return `del map ${FILES[change.map]} ${change.key}`;
  }
}

/** `busy`: a leaving server still has requests open. */
export type Result = 'done' | 'busy' | { readonly refused: string };

export function resultOf(change: Change, answer: string): Result {
  if (change.kind === 'add-server') return answer === 'New server registered.' ? 'done' : { refused: answer };
  if (change.kind !== 'delete-server') return answer === '' ? 'done' : { refused: answer };
  if (answer === 'Server deleted.') return 'done';
  return answer.startsWith('Server still has connections') ? 'busy' : { refused: answer };
}
