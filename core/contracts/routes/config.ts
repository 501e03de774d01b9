import { route } from '../route.ts';
import * as r from '../resources.ts';

export const configRoutes = {
  getConfig: route({
    method: 'GET',
    path: '/v1/apps/:app/config',
    summary: 'Config of the newest version: all that is no secret, and the names of the secrets',
    answer: r.Config,
    status: 200,
  }),
  setConfig: route({
    method: 'PATCH',
    path: '/v1/apps/:app/config',
    summary: 'Set and unset keys: a new version, and a release when one is live',
    body: r.SetConfig,
    answer: r.ChangedConfig,
    status: 200,
  }),
  listSecrets: route({
    method: 'GET',
    path: '/v1/apps/:app/secrets',
    summary: 'The secrets of an app, by name; their values are never shown',
    answer: r.Secrets,
    status: 200,
  }),
  setSecrets: route({
    method: 'PATCH',
    path: '/v1/apps/:app/secrets',
    summary: 'Set and unset secrets: a new version of the config, and a release when one is live',
    body: r.SetSecrets,
    answer: r.ChangedConfig,
    status: 200,
  }),
  rotateSecret: route({
    method: 'POST',
    path: '/v1/apps/:app/secrets/:secret/rotate',
    summary: 'Give a secret that is there a new value, which may be made by the platform',
    body: r.RotateSecret,
    answer: r.ChangedConfig,
    status: 200,
  }),
} as const;
