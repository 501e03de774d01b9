import { route } from '../route.ts';
import * as r from '../resources.ts';

export const repositoryRoutes = {
  getRepository: route({
    method: 'GET',
    path: '/v1/apps/:app/repository',
    summary: 'The linked repository',
    answer: r.LinkedRepository,
    status: 200,
  }),
  linkRepository: route({
    method: 'PUT',
    path: '/v1/apps/:app/repository',
    summary: 'Link a repository, from which commits are fetched; tries whether it can be read',
    body: r.LinkRepository,
    answer: r.LinkedRepositoryChecked,
    status: 200,
  }),
  unlinkRepository: route({
    method: 'DELETE',
    path: '/v1/apps/:app/repository',
    summary: 'Forget the linked repository, with its keys',
    status: 204,
  }),
  checkRepository: route({
    method: 'POST',
    path: '/v1/apps/:app/repository/check',
    summary: 'Try whether the linked repository can be read',
    answer: r.RepositoryCheck,
    status: 200,
  }),
} as const;
