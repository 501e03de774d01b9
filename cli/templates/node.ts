import type { TemplateFiles } from './files.ts';

/** An app that `npm start` starts and `npm test` tests. */
export function nodeTemplate(files: readonly string[]): TemplateFiles {
  const lock = ['package-lock.json', 'npm-shrinkwrap.json'].find((file) => files.includes(file));
  const install = lock === undefined ? 'npm install' : 'npm ci';
  return {
    Dockerfile: `FROM node:26-slim AS deps
WORKDIR /app
COPY package.json ${lock === undefined ? '' : `${lock} `}./
RUN ${install} --no-audit --no-fund

FROM deps AS source
COPY . .

# Runs on each push; the push fails when it does.
FROM source AS test
RUN npm run test --if-present

FROM source AS build
RUN npm run build --if-present && npm prune --omit=dev --no-audit --no-fund

FROM node:26-slim
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /app ./
USER node
# The app listens on the PORT that it is given.
EXPOSE 8080
CMD ["npm", "start"]
`,
    '.dockerignore': `.git
.env
node_modules
npm-debug.log
coverage
`,
  };
}
