# The hub with both of its front ends; every role of compose.yaml is this image with other arguments.

FROM node:20-slim AS web
WORKDIR /build
COPY .npmrc ./
COPY tools/web tools/web
COPY agent_console/web agent_console/web
COPY connectors/webchat/widget connectors/webchat/widget
RUN tools/web build

FROM python:3.11-slim AS python
WORKDIR /build
COPY requirements requirements
RUN python -m venv /opt/hub \
 && pip install --no-cache-dir --require-hashes -r requirements/bootstrap.txt \
 && uv pip sync --no-cache --python /opt/hub/bin/python --require-hashes requirements/runtime.txt
COPY . .
COPY --from=web /build/agent_console/static agent_console/static
COPY --from=web /build/connectors/webchat/static connectors/webchat/static
# Our own wheel alone; its build tool is locked too, but stays out of the image.
RUN python -m venv /opt/build \
 && uv pip sync --no-cache --python /opt/build/bin/python --require-hashes requirements/dev.txt \
 && /opt/build/bin/python -m hatchling build -t wheel -d /wheel \
 && uv pip install --no-cache --python /opt/hub/bin/python --no-deps --no-index /wheel/*.whl

FROM python:3.11-slim
RUN useradd --uid 10001 --create-home --home-dir /data hub
COPY --from=python /opt/hub /opt/hub
USER hub
WORKDIR /data
VOLUME /data
ENV PATH=/opt/hub/bin:$PATH PYTHONUNBUFFERED=1 HUB_PORT=8080 HUB_DATA=/data
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"HUB_PORT\"]}/healthz', timeout=2)"]
ENTRYPOINT ["hub"]
CMD ["run"]
