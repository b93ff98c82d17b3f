"""One embedded hub and one Chromium for all browser tests of a worker; each test finds the hub tidy."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from agent_console.static_files import FOLDER as STATIC
from tests.browser.agent import LAUNCH, Agent
from tests.flow.opening import opened, said_last
from tests.flow.shop import Shop
from tests.services import unavailable


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def open_shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    if not (STATIC / "index.html").exists():
        unavailable("the console is not built: run `make web`")
    async with opened("embedded", tmp_path_factory.mktemp("shop"), {}) as shop:
        yield shop


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium_path: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=LAUNCH)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def shop(open_shop: Shop) -> AsyncIterator[Shop]:
    """Everything runs, nobody is available, nothing is open."""
    yield open_shop
    await open_shop.tidy()


@pytest_asyncio.fixture(loop_scope="session")
async def lan(shop: Shop, browser: Browser) -> AsyncIterator[Agent]:
    """Lan, signed in, before the first screen: by hand only one test does that, for the hub slows down who does it
    often. Nothing may have gone wrong in her browser when the test ends."""
    agent = await Agent.before(browser, shop)
    yield agent
    await agent.leave()
    assert agent.troubles == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A test that failed shows what the hub said last."""
    report: pytest.TestReport = yield  # type: ignore[assignment]  # pluggy's wrappers are generators of their result
    if report.failed:
        report.sections += said_last()
    return report  # type: ignore[return-value]  # as above
