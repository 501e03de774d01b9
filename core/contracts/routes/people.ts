import { z } from 'zod';
import { PersonName } from '../../names.ts';
import { route } from '../route.ts';
import * as r from '../resources.ts';

export const peopleRoutes = {
  listPeople: route({
    method: 'GET',
    path: '/v1/people',
    summary: 'Who there is (admins)',
    answer: z.object({ items: z.array(r.Person) }),
    status: 200,
  }),
  setPerson: route({
    method: 'PATCH',
    path: '/v1/people/:person',
    summary: 'Make somebody an admin of the platform, or none (admins)',
    body: r.SetPerson,
    answer: r.Person,
    status: 200,
  }),
  removePerson: route({
    method: 'DELETE',
    path: '/v1/people/:person',
    summary: 'Remove a person with their keys, tokens and roles (admins)',
    /** Who becomes the owner of apps that would be left without one; without it such an app keeps the person here. */
    query: z.object({ heir: PersonName.optional() }),
    status: 204,
  }),
} as const;
