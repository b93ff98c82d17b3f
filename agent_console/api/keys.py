"""Keys of other systems, and the audit log: for administrators."""

from agent_console.api.endpoint import Call
from agent_console.bulk_views import AuditPage, AuditQuery, AuditView, KeyIn, KeyList, KeyMade, KeyView
from agent_console.keys import HINT_CHARS, digest, new_secret
from agent_console.parts import Parts
from hub.ids import new_id
from storage import api_keys, audit
from storage.api_keys import ApiKey


class KeyRing:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def list_api_keys(self, call: Call) -> KeyList:
        async with self._parts.units.database.reading() as connection:
            return KeyList(items=tuple(map(_view, await api_keys.listed(connection))))

    async def add_api_key(self, call: Call) -> KeyMade:
        given, secret = call.body(KeyIn), new_secret()
        key = ApiKey(
            id=new_id(),
            name=given.name,
            hint=secret[:HINT_CHARS],
            scopes=tuple(dict.fromkeys(given.scopes)),
            created_by=call.caller.agent_id,
            created_at=self._parts.clock.now(),
        )
        async with self._parts.units.begin() as work:
            await api_keys.add(work, key, digest(secret))
            detail = {"id": str(key.id), "name": key.name, "scopes": list(key.scopes)}
            await audit.record(work, audit.by_agent(call.caller.agent_id), "key.make", detail)
            await work.commit()
        return KeyMade(key=_view(key), secret=secret)

    async def revoke_api_key(self, call: Call) -> KeyView:
        async with self._parts.units.begin() as work:
            key = await api_keys.revoke(work, call.id("key_id"))
            detail = {"id": str(key.id), "name": key.name}
            await audit.record(work, audit.by_agent(call.caller.agent_id), "key.revoke", detail)
            await work.commit()
        return _view(key)

    async def list_audit(self, call: Call) -> AuditPage:
        asked = call.query(AuditQuery)
        async with self._parts.units.database.reading() as connection:
            found = await audit.newest(connection, before=asked.before, limit=asked.limit + 1)
        page = found[: asked.limit]
        views = tuple(AuditView(**{name: getattr(deed, name) for name in AuditView.model_fields}) for deed in page)
        return AuditPage(items=views, next=page[-1].number if len(found) > asked.limit else None)


def _view(key: ApiKey) -> KeyView:
    return KeyView(**{name: getattr(key, name) for name in KeyView.model_fields})
