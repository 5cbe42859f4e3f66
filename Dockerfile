# syntax=docker/dockerfile:1
# One image for every process; the argument says which: `services/group/dist/main.js`. Trixie, because uWebSockets.js needs glibc 2.38.
# Every step is tried without Docker by e2e/image.e2e.ts.
# A release gives it with its digest.
ARG BASE=node:24-trixie-slim
FROM ${BASE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY proto/package.json proto/
COPY libs/kernel/package.json libs/kernel/
COPY libs/async/package.json libs/async/
COPY libs/rules/package.json libs/rules/
COPY libs/client-protocol/package.json libs/client-protocol/
COPY libs/event-log/package.json libs/event-log/
COPY libs/history/package.json libs/history/
COPY libs/rpc/package.json libs/rpc/
COPY libs/platform/package.json libs/platform/
COPY libs/testkit/package.json libs/testkit/
COPY libs/sdk/package.json libs/sdk/
COPY services/identity/package.json services/identity/
COPY services/group/package.json services/group/
COPY services/membership/package.json services/membership/
COPY services/call/package.json services/call/
COPY services/presence/package.json services/presence/
COPY services/notify/package.json services/notify/
COPY services/preview/package.json services/preview/
COPY services/export/package.json services/export/
COPY services/mail/package.json services/mail/
COPY services/caption/package.json services/caption/
COPY gateway/package.json gateway/
COPY web/package.json web/
RUN npm ci --include=dev --ignore-scripts --no-audit --no-fund
COPY . .
RUN npx nx run-many -t build
RUN node tools/image/assemble.mjs /image
WORKDIR /image
# Fewer workspaces than the lock file has: `npm ci` refuses that, `npm install` follows the lock file all the same.
RUN npm install --no-save --omit=dev --ignore-scripts --no-audit --no-fund
# Upstream's own binary instead of the one of the lock file: docker build --build-arg UWS_COMMIT=<commit> (ADR 82).
ARG UWS_COMMIT=
RUN [ -z "${UWS_COMMIT:-}" ] || node /app/tools/image/uws.mjs take "$UWS_COMMIT"
# It brings its binaries for every system and every Node.
RUN find node_modules/uWebSockets.js -name '*.node' ! -name "uws_linux_$(node -p process.arch)_$(node -p process.versions.modules).node" -delete

FROM ${BASE}
LABEL org.opencontainers.image.title="Beseda" org.opencontainers.image.licenses="Apache-2.0"
ARG BESEDA_COMMIT=unknown
# One arena more for each thread would keep what one busy moment has filled (ADR 89).
ENV NODE_ENV=production BESEDA_COMMIT=$BESEDA_COMMIT MALLOC_ARENA_MAX=2
# An empty volume takes the owner of the folder that it covers.
RUN install -d -m 0700 -o 10001 -g 10001 /data /backups
WORKDIR /app
# Owned by root and readable by all: the process can change nothing of itself.
COPY --from=build --chown=0:0 /image /app
USER 10001:10001
EXPOSE 8080 9100
ENTRYPOINT ["node", "--enable-source-maps", "--import", "@beseda/platform/telemetry"]
CMD ["gateway/dist/main.js"]
