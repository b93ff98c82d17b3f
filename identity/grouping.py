"""Links between channel identities -> customers. Pure.

A customer is a connected component of the links in force. Which record stands for it depends only on its members, so
neither the order of merges nor that of undos can matter.
"""

from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from hub.ids import CustomerId, IdentityId

N = TypeVar("N", bound=Hashable)


class Member(Protocol):
    """What of an identity decides: its home record is as old as itself."""

    id: IdentityId
    home_customer_id: CustomerId
    created_at: datetime


def components(nodes: Iterable[N], edges: Iterable[tuple[N, N]]) -> list[frozenset[N]]:
    """Each node in exactly one; edges to nodes outside are left out. In order of their first node."""
    parent = {node: node for node in nodes}

    def root(node: N) -> N:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for one, other in edges:
        if one in parent and other in parent:
            parent[root(one)] = root(other)
    groups: dict[N, list[N]] = {}
    for node in parent:
        groups.setdefault(root(node), []).append(node)
    return [frozenset(group) for group in groups.values()]


def representative(members: Iterable[Member]) -> CustomerId:
    """The oldest home record."""
    return min(members, key=lambda member: (member.created_at, member.home_customer_id)).home_customer_id


def bridges(group: Sequence[N], edges: Iterable[tuple[N, N]]) -> list[tuple[N, N]]:
    """The fewest further edges that make one component of `group`: each part is tied to the first one. None for an
    empty group."""
    parts = components(group, edges)
    if not parts:
        return []
    first = next(node for node in group if node in parts[0])
    return [(first, next(node for node in group if node in part)) for part in parts[1:]]
