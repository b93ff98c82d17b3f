"""Fixtures of this folder."""

from tests.connectors.post_house import post

__all__ = ["post"]
