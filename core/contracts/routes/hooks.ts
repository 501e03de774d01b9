import { z } from 'zod';
import { page, paging, route } from '../route.ts';
import * as r from '../resources.ts';

/** How hooks are looked after. Messages themselves come to `POST /v1/hooks/:hook`, which a signature opens. */
export const hooksRoutes = {
  listHooks: route({
    method: 'GET',
    path: '/v1/apps/:app/hooks',
    summary: 'Web hooks of an app, by name',
    answer: z.object({ items: z.array(r.Hook) }),
    status: 200,
  }),
  createHook: route({
    method: 'POST',
    path: '/v1/apps/:app/hooks',
    summary: 'Make a web hook; its secret is shown this once',
    body: r.CreateHook,
    answer: r.HookWithSecret,
    status: 201,
    shownOnce: true,
  }),
  getHook: route({
    method: 'GET',
    path: '/v1/apps/:app/hooks/:hook',
    summary: 'One web hook',
    answer: r.Hook,
    status: 200,
  }),
  changeHook: route({
    method: 'PATCH',
    path: '/v1/apps/:app/hooks/:hook',
    summary: 'Let a web hook rest, or work again',
    body: r.ChangeHook,
    answer: r.Hook,
    status: 200,
  }),
  rotateHook: route({
    method: 'POST',
    path: '/v1/apps/:app/hooks/:hook/rotate',
    summary: 'Give a web hook a new secret, shown this once',
    body: r.RotateHook,
    answer: r.HookWithSecret,
    status: 200,
    shownOnce: true,
  }),
  removeHook: route({
    method: 'DELETE',
    path: '/v1/apps/:app/hooks/:hook',
    summary: 'Remove a web hook and the list of what came by it',
    status: 204,
  }),
  listDeliveries: route({
    method: 'GET',
    path: '/v1/apps/:app/deliveries',
    summary: 'What came by web hooks, newest first',
    query: paging.extend({ hook: z.string().max(64).optional() }),
    answer: page(r.Delivery),
    status: 200,
  }),
  getDelivery: route({
    method: 'GET',
    path: '/v1/apps/:app/deliveries/:delivery',
    summary: 'One message of a web hook, and what became of it',
    answer: r.Delivery,
    status: 200,
  }),
  redeliver: route({
    method: 'POST',
    path: '/v1/apps/:app/deliveries/:delivery/redeliver',
    summary: 'Process the kept body of a message again',
    answer: r.Delivery,
    status: 202,
    problems: [410],
  }),
} as const;
