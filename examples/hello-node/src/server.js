import { createApp } from './app.js';

const { PORT = 8080, SLUICE_RELEASE, SLUICE_COMMIT } = process.env;

const app = createApp({ release: SLUICE_RELEASE, commit: SLUICE_COMMIT });
const server = app.listen(PORT, (error) => {
  if (error) throw error;
  console.log(`listening on ${PORT}`);
});

// Finish the requests that are open, then go.
process.once('SIGTERM', () => server.close());
