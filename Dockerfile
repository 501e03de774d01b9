# The parts of Sluice as images, a target each; docker-compose.yml puts them together (docs/compose.md).
# It builds with BuildKit and with the builder before it, which older Compose uses.

FROM node:26-slim AS redis
RUN apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends redis-server \
  && rm -rf /var/lib/apt/lists/* \
  # Others reach its socket by their group alone: they run as root, without root's right to everything.
  && install -d -o redis -g root -m 750 /run/sluice-queue
COPY scripts/lib/part-is-ready.sh /opt/sluice/scripts/
USER redis:root

# Where images of apps are, in a cluster without a registry of its own.
FROM node:26-slim AS registry
RUN apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates docker-registry \
  && rm -rf /var/lib/apt/lists/*

# No install script runs: what they compile is a faster way to do what the packages do anyway.
FROM node:26-slim AS all-packages
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM all-packages AS packages
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM all-packages AS compiled
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs scripts/
COPY core core
COPY engines engines
COPY router router
COPY server server
COPY builder builder
COPY cli cli
RUN node scripts/build.mjs

FROM node:26-slim AS router
RUN apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends curl haproxy \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -m 700 /var/lib/sluice
WORKDIR /opt/sluice
ENV NODE_ENV=production SLUICE_DATA_DIR=/var/lib/sluice
COPY --from=packages /src/node_modules node_modules
COPY package.json ./
COPY scripts/lib/part-is-ready.sh scripts/lib/supervise.sh scripts/
# Not the rest of dist: while these are the same, so is the image, and HAProxy is not restarted by an upgrade.
COPY --from=compiled /src/dist/core dist/core
# How a router of a cluster knows where apps answer.
COPY --from=compiled /src/dist/engines/kubernetes/labels.js dist/engines/kubernetes/
COPY --from=compiled /src/dist/engines/kubernetes/api dist/engines/kubernetes/api
COPY --from=compiled /src/dist/engines/kubernetes/traffic dist/engines/kubernetes/traffic
COPY --from=compiled /src/dist/router dist/router

# Server, SSH front and builder, and the `sluice` command.
FROM node:26-slim AS platform
RUN apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    ca-certificates curl git iptables openssh-client redis-tools \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -m 700 /var/lib/sluice
WORKDIR /opt/sluice
ENV NODE_ENV=production SLUICE_DATA_DIR=/var/lib/sluice
COPY --from=packages /src/node_modules node_modules
COPY package.json ./
COPY scripts/lib/part-is-ready.sh scripts/
COPY --from=compiled /src/dist dist
RUN ln -s /opt/sluice/dist/cli/main.js /usr/local/bin/sluice
