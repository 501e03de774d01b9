import { createHash, randomBytes } from 'node:crypto';
import { bearerToken, TOKEN_BYTES } from '../../core/bearer-token.ts';
import { Refusal } from '../../core/reason.ts';
import { findApp } from '../access/app-access.ts';
import { holderOf } from '../access/holder.ts';
import { personNamed } from '../access/person-named.ts';
import { actorId, isAdmin, isLimited, type Principal } from '../access/principal.ts';
import type { PersonRow } from '../store/people.ts';
import type { Store } from '../store/store.ts';
import type { Limits, TokenRow } from '../store/tokens.ts';
import type { Call } from './call.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { presentToken } from './present/token.ts';

const WORDS = { things: 'tokens', makes: 'makes', command: 'sluice tokens:create --person NAME' };

export function registerTokens(endpoints: Endpoints, { store }: ApiDeps): void {
  endpoints.answer('listTokens', ({ principal }) => {
    const tokens = isAdmin(principal) ? store.tokens.all() : store.tokens.all(principal.person.id);
    return { items: tokens.map((token) => presentToken(store, token)) };
  });

  endpoints.answer('createToken', ({ principal, body }) => {
    const token = bearerToken(randomBytes(TOKEN_BYTES));
    const row = store.transaction(() => create(store, principal, body, token));
    return { ...presentToken(store, row), token };
  });

  endpoints.answer('revokeToken', ({ principal, params }) => {
    store.transaction(() => {
      const token = requireToken(store, principal, params.token);
      store.tokens.revoke(token.id);
      store.events.record('token.revoke', actorId(principal), null, {
        person: token.person,
        token: token.name,
      });
    });
  });
}

function create(
  store: Store,
  principal: Principal,
  body: Call<'createToken'>['body'],
  token: string,
): TokenRow {
  const holder = holderOf(principal, body.person, WORDS);
  const person = typeof holder === 'string' ? personNamed(store, holder) : holder;
  const apps = body.apps?.map((name) => findApp(store, principal, name).app);
  const limits: Limits = {
    ...(apps === undefined ? {} : { apps: [...new Set(apps.map(({ id }) => id))] }),
    ...(body.role === undefined ? {} : { role: body.role }),
  };
  const expiresAt = body.expiresIn === 'never' ? undefined : Date.now() + body.expiresIn * 1000;
  const name = body.name ?? freeName(store, person);
  requireFreeName(store, person, name);
  const hash = createHash('sha256').update(token).digest();
  const row = store.tokens.create(person.id, { name, hash, limits, expiresAt });
  store.events.record('token.create', actorId(principal), null, {
    person: person.name,
    token: name,
    ...(apps === undefined ? {} : { apps: apps.map((app) => app.name) }),
    ...(body.role === undefined ? {} : { role: body.role }),
    expires: expiresAt === undefined ? 'never' : new Date(expiresAt).toISOString(),
  });
  return row;
}

function freeName(store: Store, { id }: PersonRow): string {
  const taken = new Set(store.tokens.all(id).map(({ name }) => name));
  for (let number = taken.size + 1; ; number++) if (!taken.has(`token-${number}`)) return `token-${number}`;
}

function requireFreeName(store: Store, person: PersonRow, name: string): void {
  if (!store.tokens.all(person.id).some((token) => token.name === name)) return;
  throw new Refusal(
    409,
    'token_exists',
    `${person.name} has a token called ${name} already`,
    `choose another name, or revoke that one first: \`sluice tokens:revoke "${name}"\``,
  );
}

/** One that is limited sees itself alone; other people's are there for admins. */
function requireToken(store: Store, principal: Principal, idOrName: string): TokenRow {
  const token = store.tokens.find(idOrName, principal.person.id);
  const may = isLimited(principal)
    ? token?.id === principal.tokenId
    : isAdmin(principal) || token?.person_id === principal.person.id;
  if (token && may) return token;
  throw new Refusal(
    404,
    'token_not_found',
    'there is no such token',
    'type `sluice tokens` for those that there are',
  );
}
