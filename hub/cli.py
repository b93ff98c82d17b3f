"""The `hub` command. Imports happen inside the commands: `hub --help` must not wait for a database driver."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click

from hub.errors import BadInput, SchemaOutdated, Transient

EXIT_SETTINGS = 78  # EX_CONFIG of sysexits.h
EXIT_UNAVAILABLE = 69  # EX_UNAVAILABLE


def settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--data, --port, --host, for commands that read settings. Every setting is also HUB_… in the environment."""
    for option in (
        click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder of an embedded hub."),
        click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 picks a free one."),
        click.option("--host", help="Address to listen on."),
    ):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="onethread", prog_name="hub")
def main() -> None:
    """OneThread: every touchpoint of one person, on whatever channel, is one live conversation."""


@main.command()
@settings_options
@click.option("--roles", help="Comma list of ingress, identity, router, egress, console. Default: all.")
def run(**options: Any) -> None:
    """Run the hub: everything in one process, or some roles of a cluster."""
    from hub.assembly import garbage

    garbage.hold()
    from hub.assembly.process import serve

    settings = _settings(**options)
    _go(serve(settings, announce=lambda running: click.echo(f"OneThread is ready: {running.url}")))


@main.command()
@settings_options
@click.option("--fresh/--keep", default=False, help="Start from an empty shop instead of where the demo stopped.")
def demo(fresh: bool, **options: Any) -> None:
    """Run the hub with a demo shop and customers who keep coming. Prints the address and the logins."""
    try:
        from hub.demo.run import demo_settings, serve_demo
    except ModuleNotFoundError as error:
        raise click.ClickException("The demo needs the simulated providers of a checkout: run it there.") from error
    settings = _settings(**demo_settings(options))
    _go(serve_demo(settings, fresh=fresh, say=click.echo))


@main.command()
def migrate() -> None:
    """Bring the database to the schema of this release. Safe to repeat."""
    from hub.assembly.ground import open_database
    from storage import migrate as migrations

    async def work() -> None:
        async with open_database(_settings(migrate_at_start=True)):
            click.echo(f"The database is at {migrations.head()}.")

    _go(work())


@main.group()
def agents() -> None:
    """People who answer: add and list."""


@agents.command("add")
@click.argument("login")
@click.option("--name", required=True, help="As colleagues see it.")
@click.option("--role", type=click.Choice(["agent", "supervisor", "admin"]), default="agent", show_default=True)
@click.option("--capacity", type=click.IntRange(0, 100), default=5, show_default=True, help="Conversations at once.")
@click.option("--locale", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder of an embedded hub.")
def agents_add(data: Path | None, **values: Any) -> None:
    """Add an agent, a member of every queue. Asks for the password, or reads it from a pipe."""
    from hub.assembly.accounts import add_agent

    password = _password()
    _go(add_agent(_settings(data=data), password=password, **values))
    click.echo(f"Added {values['login']}.")


@agents.command("list")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder of an embedded hub.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def agents_list(data: Path | None, as_json: bool) -> None:
    """List agents."""
    from hub.assembly.accounts import list_agents

    _print(_go(list_agents(_settings(data=data))), as_json)


@main.group()
def accounts() -> None:
    """Channel accounts: our pages, numbers and mailboxes."""


@accounts.command("add")
@click.argument("account_id")
@click.option("--channel", required=True, help="hotline, facebook, zalo or webchat.")
@click.option("--name", required=True, help="As agents see it.")
@click.option("--settings", "settings_file", type=click.File("rb"), required=True, help="JSON file, or - for a pipe.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder of an embedded hub.")
def accounts_add(account_id: str, channel: str, name: str, settings_file: Any, data: Path | None) -> None:
    """Connect a channel account. `hub accounts schema CHANNEL` says what its settings are."""
    from hub.assembly.accounts import add_account

    settings = _settings(data=data)
    url = _go(add_account(settings, account_id, channel, name, settings_file.read()))
    click.echo(f"Added {account_id}. Its webhook address is {url}")


@accounts.command("list")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder of an embedded hub.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def accounts_list(data: Path | None, as_json: bool) -> None:
    """List channel accounts, with what is wrong with them."""
    from hub.assembly.accounts import list_accounts

    _print(_go(list_accounts(_settings(data=data))), as_json)


@accounts.command("schema")
@click.argument("channel")
def accounts_schema(channel: str) -> None:
    """The JSON Schema of a channel's settings."""
    from hub.assembly.accounts import settings_schema

    click.echo(_checked(lambda: settings_schema(channel)))


@main.command()
def numbers() -> None:
    """Find phone numbers and mailboxes in texts: judge it on texts of your own.

    Reads UTF-8 from standard input, one text a line, and prints one JSON object a line: {"line": 1, "finds": […]}.
    Each find has

    \b
    kind      phone or email
    value     E.164 (+84912345678), numbers of before 2018 as they are dialled today; or the mailbox
    span      where it stands in the line: first character, and the one after its last, from 0
    role      own; or recipient, other: the words around say that it is somebody else's
    strength  what it proves of the writer: claimed, or masked (nothing)

    "cut": true says that only the first 100,000 characters of the line were searched, "broken": true that the line is
    no UTF-8 (each wrong piece counts as one character).

    \b
    echo "sđt e 0912.345.678, số chồng e O98 7654 312" | hub numbers
    """
    from hub.assembly.numbers import answer

    if sys.stdin.isatty():
        click.echo("One text a line; Ctrl-D ends.", err=True)
    answer(sys.stdin.buffer, sys.stdout.buffer)


@main.command()
@click.option("--agents", type=click.IntRange(3, 10_000), default=50, show_default=True, help="In three shifts.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same day.")
@click.option("--erlang", is_flag=True, help="Instead: the case of the Erlang C formula, beside the formula.")
@click.option(
    "--customers",
    type=click.IntRange(1000, 50_000_000),
    default=1_000_000,
    show_default=True,
    help="Of each case with --erlang.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def simulate(agents: int, seed: int, erlang: bool, customers: int, as_json: bool) -> None:
    """Play a day of a retail chain through the real routing decisions: who would wait how long.

    Customers of six channels, the number of agents that you give. Prints by channel how many came, were served and gave
    up, the part served within the channel's target, waits in seconds, and how busy the agents were. Touches no data.
    """
    from hub.assembly.simulate import compared_with_erlang, play

    if erlang:
        click.echo(compared_with_erlang(customers, seed, as_json=as_json))
    else:
        click.echo(play(agents, seed, as_json=as_json))


@main.command("settings")
def show_settings() -> None:
    """Every setting with its meaning; set them in the environment."""
    from hub.settings import Settings

    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, "", ()) else f" [{_shown(field.default)}]"
        click.echo(f"HUB_{name.upper():<24}{field.description}{default}")


def _settings(**given: Any) -> Any:
    from hub.log import configure
    from hub.settings import SettingsInvalid, load

    try:
        settings = load(**given)
    except SettingsInvalid as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_SETTINGS)
    configure(settings.log_level, settings.log_format or ("text" if sys.stderr.isatty() else "json"))
    return settings


def _go(work: Coroutine[Any, Any, Any]) -> Any:
    return _checked(lambda: _run(work))


def _checked(step: Callable[[], Any]) -> Any:
    """Runs it, with errors in words instead of a stack trace where the words say what to do."""
    try:
        return step()
    except (BadInput, SchemaOutdated) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except Transient as error:
        click.echo(f"Not available: {error}", err=True)
        sys.exit(EXIT_UNAVAILABLE)


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    try:
        import uvloop
    except ImportError:  # Windows
        return asyncio.run(work)
    return uvloop.run(work)


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


def _print(rows: list[dict[str, Any]], as_json: bool) -> None:
    import orjson

    for row in rows:
        click.echo(orjson.dumps(row).decode() if as_json else "  ".join(str(value) for value in row.values()))


def _shown(default: Any) -> str:
    return ",".join(sorted(default)) if isinstance(default, frozenset) else str(default)
