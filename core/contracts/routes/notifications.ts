import { z } from 'zod';
import { page, paging, route } from '../route.ts';
import * as r from '../resources.ts';

/** What the platform tells others, signed as https://www.standardwebhooks.com has it; its body is an Event. */
export const notificationsRoutes = {
  listNotifications: route({
    method: 'GET',
    path: '/v1/apps/:app/notifications',
    summary: 'Where events of an app are sent',
    answer: z.object({ items: z.array(r.Notification) }),
    status: 200,
  }),
  addNotification: route({
    method: 'POST',
    path: '/v1/apps/:app/notifications',
    summary: 'Send events somewhere; the signing secret is shown this once',
    body: r.AddNotification,
    answer: r.AddedNotification,
    status: 201,
    shownOnce: true,
  }),
  removeNotification: route({
    method: 'DELETE',
    path: '/v1/apps/:app/notifications/:notification',
    summary: 'Send nothing there any more',
    status: 204,
  }),
  testNotification: route({
    method: 'POST',
    path: '/v1/apps/:app/notifications/:notification/test',
    summary: 'Send a `ping` there',
    status: 202,
  }),
  listNotificationDeliveries: route({
    method: 'GET',
    path: '/v1/apps/:app/notification-deliveries',
    summary: 'What was sent, commit statuses too, newest first',
    query: paging,
    answer: page(r.NotificationDelivery),
    status: 200,
  }),
  redeliverNotification: route({
    method: 'POST',
    path: '/v1/apps/:app/notification-deliveries/:delivery/redeliver',
    summary: 'Send one again',
    answer: r.NotificationDelivery,
    status: 202,
  }),
} as const;
