"""Every setting in one place, read from COUNTERPITCH_* variables and `.env` when a task or command asks.

Nothing here is read at import time: Airflow parses DAG files every few seconds, and a setting read there
would be read thousands of times and frozen for none.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parents[2]


class Settings(BaseSettings):
    """COUNTERPITCH_<FIELD> sets each field; the defaults run everything on one machine."""

    model_config = SettingsConfigDict(env_prefix="COUNTERPITCH_", env_file=PROJECT / ".env", extra="ignore")

    home: Path = Field(default=PROJECT / ".counterpitch", description="state of the embedded stack")
    warehouse_url: str | None = Field(default=None, repr=False, description="any Postgres 15+; unset: the embedded one")
    desk_url: str | None = Field(
        default=None, repr=False, description="read-only connection of the Desk; unset: warehouse_url"
    )
    metadata_url: str | None = Field(
        default=None, repr=False, description="Airflow's own database; unset: beside the warehouse"
    )
    ui_port: int = Field(default=8080, description="port of the Airflow UI on 127.0.0.1")
    sandbox_port: int = Field(default=8765, description="port of the sandbox platforms on 127.0.0.1")
    workers: int = Field(default=2, ge=1, le=64, description="tasks that run at once in the embedded mode")
    llm: str | None = Field(default=None, description='"provider:model"; unset: pillars are read without a model')
    llm_base_url: str | None = Field(default=None, description="any OpenAI-compatible address")
    llm_daily_budget: float = Field(default=5.0, ge=0, description="US dollars a calendar day")
    llm_run_budget: float = Field(default=5.0, ge=0, description="US dollars a DAG run")
    llm_batch: bool = Field(default=False, description="on: half-price batches, answered within a day")
    gold: Path | None = Field(default=None, description="annotated ads that compare prompts; unset: the bundled ones")
    private_networks: str = Field(
        default="", description="networks whose web pages may be read besides public ones, such as 127.0.0.0/8"
    )
    embeddings: str | None = Field(
        default=None,
        description='"huggingface:PATH" or "ollama:NAME"; a paid API is in no budget or ledger; unset: TF-IDF + SVD',
    )
    ctr_encoder: Path | None = Field(
        default=None, description="folder that `counterpitch ctr tune-encoder` wrote; for the click model alone"
    )

    @field_validator("gold", "ctr_encoder", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        """An empty path would be the working folder."""
        return None if isinstance(value, str) and not value.strip() else value

    @property
    def ctr_embedder(self) -> str | None:
        """What the click model reads texts with besides words: the encoder taught for it, else the embeddings."""
        return f"huggingface:{self.ctr_encoder.expanduser().absolute()}" if self.ctr_encoder else self.embeddings

    @property
    def postgres_home(self) -> Path:
        """Folder of the embedded Postgres: beside the project, or under /var/lib when root runs it.

        Postgres refuses to run as root, and the unprivileged user it then runs as cannot see into /root.
        """
        if os.geteuid() == 0:
            return Path("/var/lib/counterpitch") / self.instance
        return self.home / "postgres"

    @property
    def instance(self) -> str:
        """Short name of this installation, from its state folder: two clones never share a database."""
        return hashlib.sha256(str(self.home.resolve()).encode()).hexdigest()[:10]

    @property
    def warehouse(self) -> str:
        """The warehouse's address: the configured one, else the embedded Postgres on its Unix socket."""
        return self.warehouse_url or self.embedded_url("warehouse")

    @property
    def desk_warehouse(self) -> str:
        """The Desk's read-only address."""
        if self.desk_url or self.warehouse_url:
            return self.desk_url or self.warehouse_url or ""
        return self.embedded_url("warehouse", "counterpitch_desk")

    @property
    def sockets(self) -> Path:
        """The embedded Postgres's socket folder. Short: a Unix socket's path must stay below 107 bytes."""
        return Path(f"/tmp/counterpitch-{os.geteuid()}-{self.instance}")  # noqa: S108 created 0700, owner checked

    def embedded_url(self, database: str, role: str = "counterpitch") -> str:
        """Libpq address of a database in the embedded Postgres."""
        return f"postgresql://{role}@/{database}?host={self.sockets}&port=5432"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process. Tests call `settings.cache_clear()` after changing the environment."""
    return Settings()
