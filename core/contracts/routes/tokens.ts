import { z } from 'zod';
import { route } from '../route.ts';
import * as r from '../resources.ts';

export const tokensRoutes = {
  listTokens: route({
    method: 'GET',
    path: '/v1/tokens',
    summary: 'Tokens that are not revoked (all for admins)',
    answer: z.object({ items: z.array(r.Token) }),
    status: 200,
  }),
  createToken: route({
    method: 'POST',
    path: '/v1/tokens',
    summary: 'Make a token, shown once',
    body: r.CreateToken,
    answer: r.CreatedToken,
    shownOnce: true,
    status: 201,
  }),
  /** `:token` is an id, or the name of a token of one's own. */
  revokeToken: route({
    method: 'DELETE',
    path: '/v1/tokens/:token',
    summary: 'Revoke a token: it is refused from now on',
    status: 204,
  }),
} as const;
