# docker build -t metahebb .
# docker run --rm --shm-size=1g -v "$PWD/runs:/work/runs" metahebb evolve ant-quick
#
# A folder mounted at /work/runs has to be writable for user 1000.
# With Ray's job server, for KubeRay and `ray job submit`: --build-arg EXTRAS=jobs
# The package index's torch for Linux may be its CUDA build, several GB. For the CPU build, name an
# index that has it: --build-arg PIP_EXTRA_INDEX_URL=...

ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ARG PIP_EXTRA_INDEX_URL
ARG EXTRAS=
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/metahebb
ENV PATH=/opt/metahebb/bin:$PATH
WORKDIR /src

# First what we depend on, at the lock's versions: a change to the code leaves this layer as it is.
COPY pyproject.toml requirements.lock ./
RUN python -c "import sys, tomllib; \
        project = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
        extras = [project['optional-dependencies'][name] for name in sys.argv[1:]]; \
        print(*project['dependencies'], *sum(extras, []), sep='\n')" cognitive ${EXTRAS} > dependencies.txt \
    && pip install --requirement dependencies.txt --constraint requirements.lock

COPY LICENSE README.md ./
COPY metahebb ./metahebb
RUN pip install --no-deps . && pip check
# For the task cognitive; its pins clash with the lock, so it comes after the check.
RUN pip install --no-deps neurogym==2.3.1

FROM ${BASE}
LABEL org.opencontainers.image.title="metahebb" \
      org.opencontainers.image.description="Evolve plasticity rules instead of weights" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libegl1 libgl1 libosmesa6 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 1000 metahebb \
    && install --directory --owner=metahebb --group=metahebb /work /work/runs
COPY --from=build /opt/metahebb /opt/metahebb
ENV PATH=/opt/metahebb/bin:$PATH \
    MUJOCO_GL=egl \
    PYOPENGL_PLATFORM=egl \
    SDL_VIDEODRIVER=dummy \
    OMP_NUM_THREADS=1
USER metahebb
WORKDIR /work
RUN metahebb doctor
ENTRYPOINT ["metahebb"]
