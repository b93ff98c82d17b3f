"""Replies and the files that go with them."""

from agent_console.api.endpoint import Answer, Call
from agent_console.guard import see_conversation
from agent_console.parts import Parts
from agent_console.permissions import Caller
from agent_console.replies import reply, uploaded_by
from agent_console.reply_options import kind_of
from agent_console.views import ReplyIn, SettleIn, Upload, UploadQuery
from hub.errors import BadInput, Forbidden, NotFound
from hub.events import Attachment, TouchpointState
from hub.ids import ConversationId, TouchpointId
from storage import identities as identity_store
from storage import replies as reply_store
from storage import touchpoints as touchpoint_store
from storage.blobs import Blob
from storage.touchpoints import Touchpoint


class Replying:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def reply(self, call: Call) -> Answer:
        given = call.body(ReplyIn)
        blobs = await self._own_blobs(call.caller, given)
        async with self._parts.units.begin() as work:
            said = await reply(
                work,
                call.caller,
                ConversationId(call.id("conversation_id")),
                given,
                author_name=call.who.agent.display_name,
                blobs=blobs,
                catalog=self._parts.catalog,
            )
            await work.commit()
        return Answer(said.touchpoint, status=200 if said.repeated else 201)

    async def settle_reply(self, call: Call) -> TouchpointState:
        touchpoint_id = TouchpointId(call.id("touchpoint_id"))
        async with self._parts.units.begin() as work:
            await reply_store.settle_unknown(work, touchpoint_id, call.body(SettleIn).outcome)
            settled = (await touchpoint_store.by_ids(work.connection, [touchpoint_id]))[touchpoint_id]
            conversation = await see_conversation(work.connection, call.caller, settled.conversation_id)
            if not call.caller.sees_all and conversation.owner_id != call.caller.agent_id:
                raise Forbidden("not_owner", "Somebody else has this conversation.")
            owner = await identity_store.customers_of(work.connection, [settled.identity_id])
            await work.commit()
        return settled.state(owner[settled.identity_id])

    async def upload(self, call: Call) -> Answer:
        if not call.content:
            raise BadInput("file_empty", "There is nothing in this file.", where="body")
        name = await self._parts.blobs.put(
            call.content, origin=uploaded_by(call.caller.agent_id), file_name=call.query(UploadQuery).name
        )
        blob = await self._parts.blobs.get(name)
        shown = blob.file_name or blob.name
        return Answer(
            Upload(blob=name, kind=kind_of(blob.mime), name=shown, mime=blob.mime, size_bytes=blob.size_bytes)
        )

    async def get_attachment(self, call: Call) -> Answer:
        touchpoint = await self._touchpoint(TouchpointId(call.id("touchpoint_id")))
        index: int = call.path["index"]
        return self._link(touchpoint.attachments[index] if index < len(touchpoint.attachments) else None)

    async def get_recording(self, call: Call) -> Answer:
        touchpoint = await self._touchpoint(TouchpointId(call.id("touchpoint_id")))
        return self._link(touchpoint.call.recording if touchpoint.call else None)

    def _link(self, attachment: Attachment | None) -> Answer:
        """Our own copy only: the provider's address is not ours to open in an agent's browser."""
        if attachment is None or attachment.blob is None:
            raise NotFound("file_missing", "There is no copy of this file (yet).", where="path")
        return Answer(headers={"Location": self._parts.media.link(attachment.blob)})

    async def _touchpoint(self, touchpoint_id: TouchpointId) -> Touchpoint:
        async with self._parts.units.database.reading() as connection:
            found = (await touchpoint_store.by_ids(connection, [touchpoint_id])).get(touchpoint_id)
        if found is None:
            raise NotFound("touchpoint_unknown", "There is no such entry.", where="path.touchpoint_id")
        return found

    async def _own_blobs(self, caller: Caller, given: ReplyIn) -> list[Blob]:
        """Raises NotFound for a file that this agent did not upload, whoever else may have it."""
        found = []
        for index, name in enumerate(given.attachments):
            blob = await self._parts.blobs.find(name)
            if blob is None or blob.origin != uploaded_by(caller.agent_id):
                raise NotFound("upload_unknown", "Upload the file first.", where=f"body.attachments.{index}")
            found.append(blob)
        return found
