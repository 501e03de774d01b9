import type { TemplateFiles } from './files.ts';

/** Pages that busybox serves as they are. */
export function staticTemplate(files: readonly string[]): TemplateFiles {
  const page = files.find((file) => /^((public|site|www|dist)\/)?index\.html?$/.test(file)) ?? 'index.html';
  const folder = page.includes('/') ? page.slice(0, page.indexOf('/')) : '.';
  const index = page.slice(page.lastIndexOf('/') + 1);
  return {
    Dockerfile: `FROM busybox:1 AS site
COPY ${folder} /site

# Runs on each push; the push fails when it does.
FROM site AS test
RUN test -s /site/${index}

FROM site
USER 65534
# PORT is given; it is the exposed one.
EXPOSE 8080
CMD ["sh", "-c", "exec httpd -f -p \${PORT:-8080} -h /site"]
`,
    '.dockerignore': `.git
.env
.dockerignore
Dockerfile
sluice.yaml
README.md
`,
  };
}
