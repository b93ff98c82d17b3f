"""Credentials and options of one Facebook Page. Where they come from: developers.facebook.com, app dashboard."""

from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints

from connectors.base import AccountSettings
from connectors.urls import ProviderUrl

NumericId = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,32}$")]
Secret = Annotated[SecretStr, Field(min_length=8, max_length=1024)]


class FacebookSettings(AccountSettings):
    """`human_agent_allowed`: Meta has approved the Human Agent permission for the app, so that people may answer for
    seven days instead of one. `api_version` is pinned: an unversioned path changes under our feet."""

    page_id: NumericId
    app_id: NumericId
    app_secret: Secret
    page_access_token: Secret
    verify_token: Secret
    human_agent_allowed: bool = False
    graph_url: ProviderUrl = "https://graph.facebook.com"
    api_version: Annotated[str, StringConstraints(pattern=r"^v[0-9]{1,3}\.[0-9]$")] = "v25.0"
