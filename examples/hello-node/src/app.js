import express from 'express';

export function createApp({ release = 'dev', commit = '' } = {}) {
  const app = express();
  app.disable('x-powered-by');

  app.get('/', (request, response) => {
    response.type('text').send(`Hello, world! This is ${release}.\n`);
  });

  app.get('/version', (request, response) => {
    response.json({ release, commit });
  });

  app.get('/healthz', (request, response) => {
    response.type('text').send('ok\n');
  });

  return app;
}
