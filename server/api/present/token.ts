import type { Token } from '../../../core/contracts/resources.ts';
import type { Store } from '../../store/store.ts';
import { limitsOf, type TokenRow } from '../../store/tokens.ts';
import { iso, optional, optionalTime } from './time.ts';

export function presentToken(store: Pick<Store, 'apps'>, token: TokenRow): Token {
  // An app that is gone is shown no more, and leaves the token no wider.
  const apps = limitsOf(token).apps?.flatMap((id) => store.apps.byId(id)?.name ?? []);
  return {
    id: token.id,
    name: token.name,
    person: token.person,
    ...optional('apps', apps),
    ...optional('role', token.role),
    createdAt: iso(token.created_at),
    ...optionalTime('expiresAt', token.expires_at),
    ...optionalTime('lastUsedAt', token.last_used_at),
    ...optional('lastUsedFrom', token.last_used_from),
  };
}
