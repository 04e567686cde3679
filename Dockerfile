# followup in a container: `docker build -t followup .`
#
# The image is the Debian package, so that both ways in are one. The target
# `demo` adds what scripts/demo-play needs.

FROM debian:bookworm-slim AS build
WORKDIR /src
COPY scripts/install-deps scripts/
RUN scripts/install-deps build
COPY . .
RUN cmake --preset release -DBUILD_TESTING=OFF -DFUP_WERROR=OFF \
    && cmake --build --preset release \
    && cpack --preset deb -B /package

FROM debian:bookworm-slim AS runtime
RUN --mount=type=bind,from=build,source=/package,target=/package \
    apt-get update \
    && apt-get install -y --no-install-recommends \
      ca-certificates /package/*.deb \
    && rm -rf /var/lib/apt/lists/*
USER followup
ENTRYPOINT ["followup"]
CMD ["worker"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s \
  CMD ["followup", "status", "--quiet"]

FROM runtime AS demo
USER root
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
      postgresql-client redis-tools \
    && rm -rf /var/lib/apt/lists/*
COPY scripts/demo-play /usr/local/bin/
USER followup
HEALTHCHECK NONE
ENTRYPOINT ["demo-play"]
CMD []

FROM runtime
