"""Settings: two ways to run, every fault in one message, nothing of an example, no secret shown."""

import os
import stat
from pathlib import Path

import pytest

from hub.settings import Role, SettingsInvalid, load, secret_keys, unknown_variables

KEY = "9w0F3cJqTz8mYkVb2LxR7hNpD5sGuE1aWoI6tKZjQnM="
CLUSTER = {
    "HUB_KAFKA_URL": "kafka://k1:9092,k2:9092",
    "HUB_DATABASE_URL": "postgresql+asyncpg://hub:s3cr3t@db/hub",
    "HUB_REDIS_URL": "redis://:s3cr3t@redis:6379/0",
    "HUB_SECRET_KEY": KEY,
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("HUB_"):
            monkeypatch.delenv(name)


def given(monkeypatch: pytest.MonkeyPatch, **environ: str) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)


def faults(**overrides: object) -> list[str]:
    with pytest.raises(SettingsInvalid) as caught:
        load(**overrides)
    assert str(caught.value).count("\n") == len(caught.value.faults)
    return caught.value.faults


def test_without_any_setting_everything_is_embedded() -> None:
    settings = load()
    assert not settings.is_cluster
    assert settings.roles == frozenset(Role)
    assert settings.database == "sqlite+aiosqlite:///data/hub.db"
    assert settings.log_partitions == 2


def test_a_cluster_is_named_by_its_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **CLUSTER, HUB_ROLES="ingress, console")
    settings = load()
    assert settings.is_cluster
    assert settings.kafka_bootstrap == "k1:9092,k2:9092"
    assert settings.roles == {Role.INGRESS, Role.CONSOLE}
    assert settings.log_partitions == 6


def test_the_command_line_wins_over_the_environment_and_none_is_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, HUB_PORT="8081")
    assert load(port=9000).port == 9000
    assert load(port=None).port == 8081


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, HUB_KAFKA_URL="", HUB_PORT="")
    assert load().port == 8080


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().port = 1  # type: ignore[misc]  # that is the point


def test_every_fault_is_told_at_once_by_the_name_of_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    given(
        monkeypatch,
        HUB_PORT="eighty",
        HUB_LOG_LEVEL="loud",
        HUB_ROLES="ingress,boss",
        HUB_KAFKA_URL="kafka://k:9092",
        HUB_SECRET_KEY="short",
        HUB_DATABSE_URL="postgresql+asyncpg://db/hub",
    )
    told = "\n".join(faults())
    for name in ("HUB_PORT:", "HUB_LOG_LEVEL:", "HUB_ROLES:", "HUB_SECRET_KEY", "needs PostgreSQL", "needs Redis"):
        assert name in told
    assert "HUB_DATABSE_URL is no setting. Did you mean HUB_DATABASE_URL?" in told


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"HUB_DATABASE_URL": ""}, "HUB_KAFKA_URL needs PostgreSQL"),
        ({"HUB_REDIS_URL": ""}, "HUB_KAFKA_URL needs Redis"),
        ({"HUB_KAFKA_URL": ""}, "HUB_DATABASE_URL names PostgreSQL, which carries no log"),
        ({"HUB_SECRET_KEY": ""}, "HUB_SECRET_KEY is missing"),
        ({"HUB_DEMO": "true"}, "HUB_DEMO works embedded only"),
        ({"HUB_ROLES": ","}, "HUB_ROLES must name at least one"),
        ({"HUB_KAFKA_URL": "k1:9092"}, "HUB_KAFKA_URL must look like"),
        ({"HUB_REDIS_URL": "memcached://x"}, "HUB_REDIS_URL must look like"),
        ({"HUB_DATABASE_URL": "mysql://x"}, "HUB_DATABASE_URL must begin with"),
        ({"HUB_PUBLIC_URL": "https://hub.example.com"}, "HUB_PUBLIC_URL still holds the value of an example"),
        ({"HUB_PUBLIC_URL": "hub.shop.vn"}, "HUB_PUBLIC_URL must look like"),
        ({"HUB_PUBLIC_URL": "https://hub.shop.vn/path"}, "HUB_PUBLIC_URL must look like"),
        ({"HUB_SECRET_KEY": f"{KEY},short"}, "HUB_SECRET_KEY must have 32"),
        ({"HUB_SECRET_KEY": "change-me-change-me-change-me-change-me"}, "looks like the value of an example"),
        ({"HUB_SECRET_KEY": "a" * 44}, "looks like the value of an example"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], told: str
) -> None:
    given(monkeypatch, **{**CLUSTER, **changed})
    assert any(told in fault for fault in faults())


def test_embedded_with_some_roles_only_is_refused() -> None:
    assert "HUB_ROLES must be all of them when embedded" in faults(roles="ingress")[0]


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **CLUSTER)
    assert "s3cr3t" not in repr(load())
    assert KEY not in repr(load())
    given(monkeypatch, HUB_SECRET_KEY="s3cr3t", HUB_DATABASE_URL="mysql://u:s3cr3t@h/d", HUB_REDIS_URL="s3cr3t")
    assert "s3cr3t" not in "\n".join(faults())


def test_unknown_variables_are_listed_but_not_those_of_the_tests() -> None:
    environ = {"HUB_PORT": "1", "HUB_COLOUR": "red", "HUB_TEST_KAFKA_URL": "x", "OTHER": "y"}
    assert unknown_variables(environ) == ["HUB_COLOUR"]


# --- the key that seals ----------------------------------------------------------------------------------------------


def test_embedded_a_key_is_made_once_and_kept_for_its_owner_only(tmp_path: Path) -> None:
    settings = load(data=tmp_path / "new")
    [key] = secret_keys(settings)
    path = tmp_path / "new" / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(key) >= 32
    assert secret_keys(settings) == [key]
    assert [file.name for file in path.parent.iterdir()] == ["secret.key"]


def test_a_key_that_others_can_read_or_that_is_cut_is_refused(tmp_path: Path) -> None:
    settings = load(data=tmp_path)
    secret_keys(settings)
    path = tmp_path / "secret.key"
    path.chmod(0o644)
    with pytest.raises(SettingsInvalid, match="can be read by others"):
        secret_keys(settings)
    path.chmod(0o600)
    path.write_text("")
    with pytest.raises(SettingsInvalid, match="damaged"):
        secret_keys(settings)


def test_several_keys_newest_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    older = KEY[::-1]
    given(monkeypatch, HUB_SECRET_KEY=f"{KEY}, {older}")
    assert secret_keys(load(data=tmp_path)) == [KEY, older]
    assert list(tmp_path.iterdir()) == []
