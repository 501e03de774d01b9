import { z } from 'zod';
import { route } from '../route.ts';
import * as r from '../resources.ts';

export const membersRoutes = {
  listMembers: route({
    method: 'GET',
    path: '/v1/apps/:app/members',
    summary: 'Who may do what',
    answer: z.object({ items: z.array(r.Member) }),
    status: 200,
  }),
  setMember: route({
    method: 'PUT',
    path: '/v1/apps/:app/members/:person',
    summary: 'Give a person a role',
    body: r.SetMember,
    answer: r.Member,
    status: 200,
  }),
  removeMember: route({
    method: 'DELETE',
    path: '/v1/apps/:app/members/:person',
    summary: "Take a person's role",
    status: 204,
  }),
} as const;
