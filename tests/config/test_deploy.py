"""The files for operation name what is there: variables, commands, options, folders."""

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from base import handbook

pytestmark = pytest.mark.once

DEPLOY = settings.BASE_DIR / "config" / "deploy"
EXAMPLE = DEPLOY / "environment.example"
INSTALLED = "/srv/fallwerk/"
READS_ENVIRONMENT = ("config/settings/base.py", "config/settings/production.py")
READ_BY_LIBRARIES = {
    "DJANGO_SETTINGS_MODULE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
}
PLAIN = re.compile(r"[A-Za-z0-9./:@,%+_-]*|'[^'\\]*'")


def variables_of_settings() -> set[str]:
    """Every name that the settings of production look up in the environment."""
    found = set()
    for path in READS_ENVIRONMENT:
        for node in ast.walk(ast.parse((settings.BASE_DIR / path).read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = ast.unparse(node.func)
            if called in ("os.environ.get", "_required") and isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
    return found


def lines_of_example() -> list[tuple[str, str]]:
    """Name and value as written, those included that are commented out."""
    return re.findall(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", EXAMPLE.read_text(), flags=re.M)


def test_the_example_names_exactly_what_is_read():
    named = [name for name, _value in lines_of_example()]

    assert sorted(named) == sorted(variables_of_settings() | READ_BY_LIBRARIES)


def test_a_shell_reads_the_example_as_it_stands(tmp_path):
    """Values are plain or in single quotes: then shell, systemd and Compose agree."""
    lines = lines_of_example()
    assert [line for line in lines if not PLAIN.fullmatch(line[1])] == []
    (tmp_path / "environment").write_text(
        "".join(f"{name}={value}\n" for name, value in lines).replace("PASSWORD'", "a b#c$d\"'")
    )
    shown = subprocess.run(
        ["env", "-i", "sh", "-c", f"set -a; . {tmp_path}/environment; /usr/bin/env -0"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    read = dict(entry.partition("=")[::2] for entry in shown.split("\0") if entry)

    assert read["EMAIL_HOST_PASSWORD"] == 'a b#c$d"'
    for name, value in lines:
        written = value.strip("'").replace("PASSWORD", 'a b#c$d"') if value.endswith(
            "PASSWORD'") else value.strip("'")  # fmt: skip
        assert read[name] == written


def test_the_page_says_what_each_variable_means():
    page = (settings.BASE_DIR / "docs" / "operation.md").read_text()
    table = "\n".join(line for line in page.splitlines() if line.startswith("| `"))
    told = set(re.findall(r"`([A-Z][A-Z0-9_]+)(?:=\d)?`", table))

    assert {name for name, _value in lines_of_example()} - {"ALLOW_SQLITE"} <= told


def unit(path: Path) -> dict[str, dict[str, list[str]]]:
    """Read a unit: section, name, and each value in its order."""
    read: dict[str, dict[str, list[str]]] = {}
    for line in path.read_text().splitlines():
        if line.startswith("["):
            section = read.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            name, _equals, value = line.partition("=")
            section.setdefault(name, []).append(value)
    return read


SERVICES = sorted((DEPLOY / "systemd").glob("*.service"))
PROCESSES = [path for path in SERVICES if "backup" not in path.name]


@pytest.mark.parametrize("path", [*SERVICES, DEPLOY / "systemd" / "broker.conf"],
                         ids=lambda path: path.name)  # fmt: skip
def test_what_a_unit_starts_is_there(path):
    starts = [line for line in unit(path)["Service"]["ExecStart"] if line]
    assert len(starts) == 1
    program, *rest = shlex.split(starts[0])

    assert program.startswith(INSTALLED)
    inside = program.removeprefix(INSTALLED)
    if inside == ".venv/bin/python":
        manage, command = rest
        assert manage == "manage.py"
        assert command in get_commands()
    elif inside == ".venv/bin/gunicorn":
        subprocess.run(
            [sys.executable, "-m", "gunicorn", "--print-config", *rest],
            cwd=settings.BASE_DIR, check=True, capture_output=True,
        )  # fmt: skip
    else:
        script = settings.BASE_DIR / inside
        assert script.stat().st_mode & 0o111
        assert f"\n    {rest[0]} | " in script.read_text() or f"| {rest[0]} |" in script.read_text()


@pytest.mark.parametrize("path", PROCESSES, ids=lambda path: path.name)
def test_a_process_comes_back_however_long_the_database_is_away(path):
    read = unit(path)

    assert read["Service"]["Restart"] == ["always"]
    assert read["Unit"]["StartLimitIntervalSec"] == ["0"]  # no limit to how often
    # What depends strongly on the database would be stopped with it, and not come back.
    assert not {"Requires", "BindsTo", "Requisite"} & read["Unit"].keys()
    assert read["Service"]["EnvironmentFile"] == ["/etc/fallwerk.env"]
    assert read["Service"]["User"] == ["fallwerk"]


def test_the_target_starts_units_that_are_there():
    wanted = " ".join(unit(DEPLOY / "systemd" / "fallwerk.target")["Unit"]["Wants"]).split()

    assert len(wanted) == 5
    for name in wanted:
        assert (DEPLOY / "systemd" / re.sub(r"@\d+", "@", name)).exists()


COMPOSE = yaml.safe_load((DEPLOY / "container" / "compose.yaml").read_text())
OURS = {name: each for name, each in COMPOSE["services"].items() if each["image"] == "fallwerk"}


def test_compose_runs_the_processes_of_the_units():
    commands = {name: each.get("command", [])[2:] for name, each in OURS.items()}

    assert commands == {
        "migrate": ["migrate"], "web": [], "worker": ["db_worker"],
        "scheduler": ["run_scheduler"],
    }  # fmt: skip
    for name in ("web", "worker", "scheduler"):
        assert OURS[name]["restart"] == "unless-stopped"
        assert OURS[name]["depends_on"]["migrate"] == {
            "condition": "service_completed_successfully"
        }


def test_containers_hold_no_secret_and_no_power():
    for each in OURS.values():
        assert each["cap_drop"] == ["ALL"]
        assert each["read_only"]
        assert "environment" not in each
        assert all(port.startswith("127.0.0.1:") for port in each.get("ports", []))
    database = COMPOSE["services"]["database"]
    assert database["environment"]["POSTGRES_PASSWORD_FILE"].startswith("/run/secrets/")
    assert "ports" not in database
    secret = {COMPOSE["secrets"]["database_password"]["file"], OURS["web"]["env_file"]}
    ignored = (settings.BASE_DIR / ".gitignore").read_text().splitlines()
    unbuilt = (DEPLOY / "container" / "Containerfile.dockerignore").read_text().splitlines()
    for name in secret:
        assert f"/config/deploy/container/{name}" in ignored
        assert f"config/deploy/container/{name}" in unbuilt


def test_the_image_takes_files_that_are_there_and_runs_as_nobody_special():
    lines = (DEPLOY / "container" / "Containerfile").read_text()
    taken = (DEPLOY / "container" / "Containerfile.dockerignore").read_text().splitlines()

    assert re.findall(r"^USER (\S+)$", lines, flags=re.M) == ["10001:10001"]
    assert [line for line in taken if line.startswith("!")]
    for line in taken:
        if line.startswith("!"):
            assert list(settings.BASE_DIR.glob(line[1:])), line
    # What pages are made of beside the apps.
    assert f"!{handbook.FOLDER.relative_to(settings.BASE_DIR)}" in taken
    web = unit(DEPLOY / "systemd" / "fallwerk-web.service")["Service"]["ExecStart"][0]
    (started,) = re.findall(r"^CMD (\[.*\])$", lines, flags=re.M)
    in_unit = shlex.split(web)[1:]
    assert ast.literal_eval(started)[1:] == [
        "0.0.0.0:8000" if word == "127.0.0.1:8000" else word for word in in_unit  # noqa: S104
    ]  # fmt: skip
