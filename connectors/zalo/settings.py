"""Credentials and options of one Zalo Official Account. Where they come from: developers.zalo.me, the app's pages.

Four secrets and ids that people mix up: the app's id and secret belong to tokens; the OA's secret key belongs to
webhook signatures and is shown only after Zalo's first probe of the webhook address was answered.
"""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field, SecretStr, StringConstraints

from connectors.base import AccountSettings
from connectors.urls import ProviderUrl

NumericId = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,32}$")]
Secret = Annotated[SecretStr, Field(min_length=4, max_length=4096)]


class ZaloSettings(AccountSettings):
    """`oa_secret_key` None: webhooks are answered and not believed, until Zalo has shown the key. The three fields
    from `access_token` on are replaced with every renewal. `access_token_expires_at` None: unknown, renew soon."""

    app_id: NumericId
    oa_id: NumericId
    app_secret: Secret
    oa_secret_key: Secret | None = None
    access_token: Secret
    refresh_token: Secret
    access_token_expires_at: AwareDatetime | None = None
    api_url: ProviderUrl = "https://openapi.zalo.me"
    oauth_url: ProviderUrl = "https://oauth.zaloapp.com"

    def renewed(self, access_token: str, refresh_token: str, expires_at: datetime) -> "ZaloSettings":
        return self.model_copy(
            update={
                "access_token": SecretStr(access_token),
                "refresh_token": SecretStr(refresh_token),
                "access_token_expires_at": expires_at,
            }
        )
