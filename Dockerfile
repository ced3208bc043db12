# docker build --build-arg VERSION=0.1.0 --build-arg REVISION="$(git rev-parse HEAD)" --build-arg CREATED="$(date -u +%FT%TZ)" -t …
# With a mirror: --build-arg NODE_IMAGE=… for Docker Hub, --build-arg npm_config_registry=… for the npm registry.
# The digest is that of both platforms. Dependabot raises tag and digest together.
ARG NODE_IMAGE=node:24.21.0-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6

FROM ${NODE_IMAGE} AS build
ARG npm_config_registry
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build
# For a shell in the container: sls-metrics-adapter query …
RUN chmod +x dist/main.js && mkdir bin && ln -s ../dist/main.js bin/sls-metrics-adapter

FROM ${NODE_IMAGE} AS dependencies
ARG npm_config_registry
WORKDIR /app
COPY package.json package-lock.json ./
# Keep optional packages: the SDK of SLS needs one, the lz4 of this platform, and fails at the first read without it.
# npm sbom misses packages that devDependencies share with them. The other lines delete what Node never reads.
RUN npm ci --omit=dev --ignore-scripts \
  && npm pkg delete devDependencies && npm sbom --sbom-format=cyclonedx >sbom.cdx.json \
  && rm -rf node_modules/.bin \
  && find node_modules -depth -type d \( -name test -o -name docs \) -exec rm -rf {} + \
  && find node_modules -type f \( -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' \) -delete

FROM ${NODE_IMAGE}
ARG VERSION
ARG REVISION
ARG CREATED
ARG NODE_IMAGE
LABEL org.opencontainers.image.title="sls-metrics-adapter" \
  org.opencontainers.image.description="External metrics for the horizontal pod autoscaler, from the access log in Alibaba Cloud SLS" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.created="${CREATED}" \
  org.opencontainers.image.base.name="${NODE_IMAGE}"
# A self-made certificate is kept below XDG_CACHE_HOME unless --cert-dir is set. With a read-only root, mount /tmp.
ENV NODE_ENV=production XDG_CACHE_HOME=/tmp PATH=/app/bin:${PATH}
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=dependencies /app/sbom.cdx.json ./sbom.cdx.json
COPY --from=build /app/dist ./dist
COPY --from=build /app/bin ./bin
COPY package.json ./
USER 65532:65532
EXPOSE 6443
# Kubernetes uses the probes of the Deployment instead. No check of the certificate: the answer comes from this container.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "require('node:https').get({ host: '127.0.0.1', port: process.env.SLS_METRICS_ADAPTER_SECURE_PORT || 6443, path: '/livez', rejectUnauthorized: false }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
# Node is the first process, so it receives SIGTERM. Its flags save memory: docs/decisions/lazy-sdk.md.
ENTRYPOINT ["node", "--max-semi-space-size=4", "--v8-pool-size=1", "--expose-gc", "/app/dist/main.js"]
CMD ["serve"]
