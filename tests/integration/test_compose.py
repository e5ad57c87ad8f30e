"""docker-compose.yml, read by a program that runs such files (podman-compose).

No container engine runs here: a stand-in answers the one question after its version. What the
services run is tested in tests/e2e: test_postgres.py and test_workers.py.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli import _parser
from bot.settings import ROOT

SECRETS = {
    "POSTGRES_PASSWORD": "secret-1",
    "TELEGRAM_TOKEN": "1:secret-2",
    "TEVOET_ENCRYPTION_KEY": "secret-3",
}
HOOK = {"WEBHOOK_URL": "https://x.example/hook", "WEBHOOK_SECRET": "a-secret-of-tests"}
LISTENS = {"WEBHOOK_HOST": "0.0.0.0", "WEBHOOK_PORT": 8443}


@pytest.fixture
def engine_folder(tmp_path: Path) -> Path:
    """A folder with a podman that knows its version and nothing else."""
    podman = tmp_path / "podman"
    podman.write_text('#!/bin/sh\necho "podman version 5.0.0"\n')
    podman.chmod(0o755)
    return tmp_path


def config(
    engine_folder: Path, secrets: dict[str, str], *options: str
) -> subprocess.CompletedProcess[str]:
    """What `podman-compose config` makes of the file."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "podman_compose",
            "--file",
            str(ROOT / "docker-compose.yml"),
            *options,
            "config",
        ],
        env={"PATH": f"{engine_folder}:/usr/bin:/bin", **secrets},
        cwd=engine_folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_every_service_gets_its_secrets_from_the_environment(engine_folder: Path) -> None:
    ran = config(engine_folder, SECRETS)
    assert ran.returncode == 0, ran.stderr
    services: dict[str, Any] = yaml.safe_load(ran.stdout)["services"]
    assert services.keys() == {"bot", "postgres"}
    bot, postgres = services["bot"], services["postgres"]
    assert bot["environment"]["DATABASE_URL"] == "postgresql://tevoet:secret-1@postgres/tevoet"
    assert bot["environment"]["TELEGRAM_TOKEN"] == "1:secret-2"
    assert bot["environment"]["TEVOET_ENCRYPTION_KEY"] == "secret-3"
    assert bot["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert bot["command"] == ["tevoet", "bot"]
    assert postgres["environment"]["POSTGRES_PASSWORD"] == "secret-1"
    assert "pg_isready" in str(postgres["healthcheck"]["test"])
    for service in services.values():
        volume, _, _ = service["volumes"][0].partition(":")
        assert volume in yaml.safe_load(ran.stdout)["volumes"]


@pytest.mark.parametrize("missing", SECRETS)
def test_a_missing_secret_stops_it_and_is_named(engine_folder: Path, missing: str) -> None:
    ran = config(engine_folder, {k: v for k, v in SECRETS.items() if k != missing})
    assert ran.returncode != 0
    assert f"set {missing} in .env" in ran.stderr


@pytest.fixture
def with_webhook(engine_folder: Path) -> Callable[[str], dict[str, Any]]:
    """The services of a profile, for an installation that Telegram calls."""

    def services(profile: str) -> dict[str, Any]:
        ran = config(engine_folder, {**SECRETS, **HOOK}, "--profile", profile)
        assert ran.returncode == 0, ran.stderr
        found: dict[str, Any] = yaml.safe_load(ran.stdout)["services"]
        return found

    return services


def test_the_webhook_is_a_profile_of_its_own_behind_loopback(
    with_webhook: Callable[[str], dict[str, Any]],
) -> None:
    services = with_webhook("webhook")
    bot, webhook = services["bot"], services["bot-webhook"]
    assert webhook["command"] == ["tevoet", "bot", "--webhook"]
    assert webhook["ports"] == ["127.0.0.1:8443:8443"]
    assert webhook["environment"] == {**bot["environment"], **HOOK, **LISTENS}
    for key in ("read_only", "tmpfs", "security_opt", "volumes", "stop_grace_period"):
        assert webhook[key] == bot[key]


def test_workers_start_after_the_tables_are_made(
    with_webhook: Callable[[str], dict[str, Any]],
) -> None:
    services = with_webhook("workers")
    migrate, webhook, worker = (services[name] for name in ("migrate", "webhook", "worker"))
    assert migrate["command"] == ["tevoet", "migrate"]
    assert migrate["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert (webhook["command"], worker["command"]) == (["tevoet", "webhook"], ["tevoet", "worker"])
    for service in (webhook, worker):
        migrated = {"condition": "service_completed_successfully"}
        assert service["depends_on"] == {"migrate": migrated}
    assert worker["deploy"]["replicas"] == 2
    assert webhook["ports"] == ["127.0.0.1:8443:8443"]
    assert "ports" not in worker


def test_every_service_of_ours_has_the_same_secrets_and_writes_nowhere(
    with_webhook: Callable[[str], dict[str, Any]],
) -> None:
    services = {**with_webhook("webhook"), **with_webhook("workers")}
    ours = {name: service for name, service in services.items() if "build" in service}
    assert ours.keys() == {"bot", "bot-webhook", "migrate", "webhook", "worker"}
    for service in ours.values():
        common = {k: v for k, v in service["environment"].items() if k not in HOOK | LISTENS}
        assert common == services["bot"]["environment"]
        assert service["read_only"] is True
        assert service["security_opt"] == ["no-new-privileges:true"]
        # What no volume keeps is gone with the container.
        assert "/data" in service["tmpfs"] or service["volumes"] == ["data:/data"]


def test_a_certificate_comes_with_a_profile(
    with_webhook: Callable[[str], dict[str, Any]],
) -> None:
    caddy = with_webhook("tls")["caddy"]
    assert caddy["command"][-1] == "webhook:8443"
    assert caddy["ports"] == ["443:443", "80:80"]


def test_every_command_of_the_file_is_one_of_ours(
    with_webhook: Callable[[str], dict[str, Any]],
) -> None:
    for service in {**with_webhook("webhook"), **with_webhook("workers")}.values():
        if "build" in service:
            program, *arguments = service["command"]
            assert program == "tevoet"
            _parser().parse_args(arguments)
