# One image for every Airflow part. The lock is installed as it is (no constraints file on top), so what runs
# in a container is what `make run` runs on one machine.
FROM python:3.11-slim-bookworm AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN pip install --no-cache-dir uv==0.13.9
COPY requirements.txt /build/requirements.txt
RUN uv venv /opt/venv \
    && uv pip install --no-cache --python /opt/venv/bin/python --requirement /build/requirements.txt

FROM python:3.11-slim-bookworm
# LightGBM's wheel needs the system's OpenMP. Debian's security updates move its version, so it is not pinned.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 50000 --gid 0 --no-create-home --home-dir /opt/counterpitch counterpitch \
    && install --directory --owner 50000 --group 0 --mode 0770 \
        /opt/counterpitch /opt/counterpitch/state /opt/counterpitch/state/airflow
COPY --from=build /opt/venv /opt/venv
WORKDIR /opt/counterpitch
COPY --chown=50000:0 include include
COPY --chown=50000:0 plugins plugins
COPY --chown=50000:0 dags dags
COPY --chown=50000:0 --chmod=0755 deploy/init.sh deploy/counterpitch.sh deploy/
RUN ln -s /opt/counterpitch/deploy/counterpitch.sh /usr/local/bin/counterpitch
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/counterpitch/include \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    AIRFLOW_HOME=/opt/counterpitch/state/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/counterpitch/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/counterpitch/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    COUNTERPITCH_HOME=/opt/counterpitch/state
USER 50000
# The parts are checked one by one in docker-compose.yaml; this tells whether the installation itself is whole.
HEALTHCHECK --interval=5m --timeout=30s CMD ["python", "-c", "import airflow, counterpitch, psycopg2"]
CMD ["airflow", "api-server"]
