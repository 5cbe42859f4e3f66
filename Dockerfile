# One image for every process; the argument says which: `services/group/dist/main.js`.
# Trixie, because uWebSockets.js needs glibc 2.38.
FROM node:24-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY proto/package.json proto/
COPY libs/kernel/package.json libs/kernel/
COPY libs/event-log/package.json libs/event-log/
COPY libs/rpc/package.json libs/rpc/
COPY libs/platform/package.json libs/platform/
COPY libs/testkit/package.json libs/testkit/
COPY services/identity/package.json services/identity/
COPY services/group/package.json services/group/
COPY services/membership/package.json services/membership/
COPY services/call/package.json services/call/
COPY services/presence/package.json services/presence/
COPY gateway/package.json gateway/
COPY web/package.json web/
RUN npm install --no-save --no-audit --no-fund
COPY . .
RUN npx nx run-many -t build && npm prune --omit=dev

FROM node:24-trixie-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build --chown=root:root /app /app
USER 10001:10001
ENTRYPOINT ["node", "--import", "@beseda/platform/telemetry"]
