import { randomUUID } from 'node:crypto';

/** The smallest app with a test stage: a page that busybox serves, and a test that looks at one file (`checks` must be `good`). */
export function tinyApp(page: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    Dockerfile: `FROM busybox:1 AS base
COPY . /app
FROM base AS test
RUN cat /app/checks && grep -qx good /app/checks
FROM base
USER 1000
EXPOSE 8080
CMD ["httpd", "-f", "-p", "8080", "-h", "/app/www"]
`,
    checks: 'good\n',
    // Nothing of this app is in the build cache yet, whatever ran before.
    nonce: randomUUID(),
    'www/index.html': `${page}\n`,
    // Live as soon as it is healthy: what a canary does has tests of its own.
    'sluice.yaml': 'canary: off\n',
    ...more,
  };
}

/** As `tinyApp`, with tests that take so many seconds. */
export function slowApp(page: string, seconds = 6): Record<string, string> {
  const app = tinyApp(page);
  const wait = `for i in $(seq ${seconds}); do echo "waiting $i"; sleep 1; done`;
  return { ...app, Dockerfile: (app['Dockerfile'] as string).replace('RUN cat', `RUN ${wait} && cat`) };
}
