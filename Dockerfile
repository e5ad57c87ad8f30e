# TeVoet on Telegram, its model included: building takes the quarter of an hour that training does.
FROM python:3.11-slim

RUN pip install --no-cache-dir uv \
    && useradd --create-home --uid 1000 tevoet \
    && mkdir -p /data && chown tevoet /data

WORKDIR /app
# Libraries first: they change less often than our own code.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --no-install-project
COPY README.md alembic.ini ./
COPY alembic alembic
COPY bot bot
COPY nlu nlu
COPY stories stories
COPY content content
COPY docs/explain.schema.json docs/explain.schema.json
RUN uv sync --frozen --no-dev

ENV PATH=/app/.venv/bin:$PATH \
    TEVOET_DATA_DIR=/data \
    TEVOET_MODELS_DIR=/app/models \
    PYTHONUNBUFFERED=1
# What training keeps for the next time is of no use here.
RUN tevoet train && rm -rf /app/models/cache
USER tevoet
VOLUME /data
HEALTHCHECK --interval=30s --timeout=20s --start-period=10m --retries=3 CMD ["tevoet", "health"]
CMD ["tevoet", "bot"]
