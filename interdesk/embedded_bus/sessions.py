"""One connection: its handshake, its frames, its heartbeat, its end.

    client                              bus
      "AMQP" 0 0 9 1        ──>
                            <──   connection.start
      start-ok (PLAIN)      ──>
                            <──   tune (frames of 128 KiB, heartbeat)
      tune-ok, open (vhost) ──>
                            <──   open-ok
      methods, content      <─>   methods, content, heartbeats

What is to be sent goes into a queue that a green thread of its own writes from, so a client that does not
read holds up nobody but itself. When that queue is very long, the client is hung up on.
"""

from __future__ import annotations

import contextlib
import struct
import time
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import eventlet
import structlog
from eventlet.queue import LightQueue
from pamqp import commands
from pamqp.base import Frame
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.commands import Channel as ChannelMethods
from pamqp.commands import Connection as ConnectionMethods
from pamqp.exceptions import PAMQPException
from pamqp.frame import FrameTypes, marshal, unmarshal
from pamqp.header import ContentHeader, ProtocolHeader
from pamqp.heartbeat import Heartbeat

from interdesk.embedded_bus.channels import MAX_BODY_BYTES, Channel
from interdesk.embedded_bus.queues import Message
from interdesk.embedded_bus.refusals import ChannelRefusal, Refusal, SessionRefusal
from interdesk.embedded_bus.users import User
from interdesk.embedded_bus.vhosts import Vhost

if TYPE_CHECKING:
    from interdesk.embedded_bus.bus import Bus

log = structlog.get_logger(__name__)

FRAME_MAX: Final = 128 * 1024
CHANNEL_MAX: Final = 2047
HEARTBEAT_SECONDS: Final = 60
HANDSHAKE_SECONDS: Final = 10
FAREWELL_SECONDS: Final = 1
MAX_UNWRITTEN_BYTES: Final = 64 << 20
_PROTOCOL: Final = b"AMQP\x00\x00\x09\x01"
_HEAD: Final = struct.Struct(">BHI")
_PROPERTIES: Final[Any] = {
    "product": "Interdesk embedded bus",
    "capabilities": {
        "publisher_confirms": True,
        "basic.nack": True,
        "consumer_cancel_notify": True,
        "authentication_failure_close": True,
    },
}


class Session:
    """One client's connection. `user` and `vhost` are there once it is open."""

    user: User
    vhost: Vhost

    def __init__(self, bus: Bus, sock: Any) -> None:
        self._bus = bus
        self._sock = sock
        self._reader: BinaryIO = sock.makefile("rb")
        self._unwritten: LightQueue = LightQueue()
        self._unwritten_bytes = 0
        self._channels: dict[int, Channel] = {}
        self._closing: set[int] = set()  # channels that we closed and the client has not agreed to
        self._content: dict[int, _Content] = {}
        self._heartbeat = HEARTBEAT_SECONDS
        self._heard_at = time.monotonic()

    def run(self) -> None:
        """Until the client goes, or is sent away."""
        writing = eventlet.spawn(self._write)
        beating = None
        try:
            with eventlet.Timeout(HANDSHAKE_SECONDS):
                self._shake_hands()
            self._bus.sessions.add(self)
            beating = eventlet.spawn(self._beat)
            while self._take(*self._read()):
                pass
        except SessionRefusal as refusal:
            self._part(refusal)
        except (PAMQPException, struct.error, ValueError) as error:
            self._part(SessionRefusal(501, f"FRAME_ERROR - {type(error).__name__}"))
        except (OSError, EOFError, eventlet.Timeout):
            pass
        finally:
            self._bus.sessions.discard(self)
            for channel in self._channels.values():
                channel.close()
            if hasattr(self, "vhost"):
                self.vhost.leave(self)
            if beating is not None:
                beating.kill()
            self._unwritten.put(None)
            with eventlet.Timeout(FAREWELL_SECONDS, False):
                writing.wait()
            self.hang_up()

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._sock.shutdown(2)
        with contextlib.suppress(OSError):
            self._sock.close()

    def send(self, channel: int, *frames: FrameTypes) -> None:
        said = b"".join(marshal(frame, channel) for frame in frames)
        self._unwritten.put(said)
        self._unwritten_bytes += len(said)
        if self._unwritten_bytes > MAX_UNWRITTEN_BYTES:
            log.warning("a client does not read; it is hung up on", user=self.user.name)
            self.hang_up()

    def send_message(self, channel: int, method: Frame, message: Message) -> None:
        body, most = message.body, FRAME_MAX - 8
        parts = [ContentBody(body[at : at + most]) for at in range(0, len(body), most)]
        self.send(channel, method, ContentHeader(0, len(body), message.properties), *parts)

    def _shake_hands(self) -> None:
        if self._exactly(len(_PROTOCOL)) != _PROTOCOL:
            self._unwritten.put(_PROTOCOL)  # what we speak, as the protocol wants it answered
            raise EOFError
        self.send(0, ConnectionMethods.Start(server_properties=_PROPERTIES, mechanisms="PLAIN"))
        self.user = self._signed_in(self._expect(ConnectionMethods.StartOk))
        self.send(0, ConnectionMethods.Tune(CHANNEL_MAX, FRAME_MAX, HEARTBEAT_SECONDS))
        self._heartbeat = self._expect(ConnectionMethods.TuneOk).heartbeat
        name = self._expect(ConnectionMethods.Open).virtual_host
        vhost = self._bus.vhosts.get(name)
        if vhost is None or name not in self.user.permissions:
            raise SessionRefusal(530, f"NOT_ALLOWED - access to vhost '{name}' refused")
        self.vhost = vhost
        self.send(0, ConnectionMethods.OpenOk())

    def _signed_in(self, answer: ConnectionMethods.StartOk) -> User:
        response = answer.response if isinstance(answer.response, str) else bytes(answer.response).decode()
        _, name, password = [*response.split("\0", 2), "", "", ""][:3]
        user = self._bus.users.get(name)
        if answer.mechanism != "PLAIN" or user is None or not user.knows(password):
            raise SessionRefusal(403, "ACCESS_REFUSED - Login was refused.")
        return user

    def _expect(self, method: Any) -> Any:
        _, frame = self._read()
        if not isinstance(frame, method):
            raise SessionRefusal(503, f"COMMAND_INVALID - {frame.name} in place of {method.name}")
        return frame

    def _read(self) -> tuple[int, FrameTypes]:
        head = self._exactly(_HEAD.size)
        _, channel, size = _HEAD.unpack(head)
        if size > FRAME_MAX:
            raise SessionRefusal(501, f"FRAME_ERROR - a frame of {size} bytes")
        _, _, frame = unmarshal(head + self._exactly(size + 1))
        self._heard_at = time.monotonic()
        return channel, frame

    def _exactly(self, count: int) -> bytes:
        read = self._reader.read(count)
        if len(read) < count:
            raise EOFError
        return read

    def _take(self, number: int, frame: FrameTypes) -> bool:
        """Handles a frame. False when it was the last."""
        if isinstance(frame, Heartbeat):
            return True
        if isinstance(frame, ProtocolHeader):
            raise SessionRefusal(501, "FRAME_ERROR - a second protocol header")
        if number == 0:
            return self._on_connection(frame)
        try:
            self._on_channel(number, frame)
        except ChannelRefusal as refusal:
            self._channels.pop(number).close()
            self._content.pop(number, None)
            self._closing.add(number)
            self.send(number, ChannelMethods.Close(refusal.code, refusal.text[:255], *_asked(frame)))
        return True

    def _on_connection(self, frame: FrameTypes) -> bool:
        if isinstance(frame, ConnectionMethods.Close):
            self.send(0, ConnectionMethods.CloseOk())
            return False
        raise SessionRefusal(503, f"COMMAND_INVALID - {frame.name} on channel 0")

    def _on_channel(self, number: int, frame: FrameTypes) -> None:
        if number in self._closing:
            # What was on the way when we closed it.
            if isinstance(frame, ChannelMethods.CloseOk | ChannelMethods.Close):
                self._closing.discard(number)
            if isinstance(frame, ChannelMethods.Close):
                self.send(number, ChannelMethods.CloseOk())
            return
        if isinstance(frame, ChannelMethods.Open):
            if number in self._channels or number > CHANNEL_MAX:
                raise SessionRefusal(504, f"CHANNEL_ERROR - channel {number} can't be opened")
            self._channels[number] = Channel(self, number)
            self.send(number, ChannelMethods.OpenOk())
            return
        if number not in self._channels:
            raise SessionRefusal(504, f"CHANNEL_ERROR - channel {number} is not open")
        if isinstance(frame, ChannelMethods.Close):
            self._channels.pop(number).close()
            self.send(number, ChannelMethods.CloseOk())
        elif isinstance(frame, Basic.Publish):
            self._content[number] = _Content(frame)
        elif isinstance(frame, ContentHeader | ContentBody):
            self._gather(number, frame)
        else:
            assert isinstance(frame, Frame)
            self._channels[number].handle(frame)

    def _gather(self, number: int, frame: ContentHeader | ContentBody) -> None:
        content = self._content.get(number)
        if content is None:
            raise SessionRefusal(505, "UNEXPECTED_FRAME - content that nothing announced")
        content.add(frame)
        if content.is_whole:
            del self._content[number]
            assert content.header is not None
            self._channels[number].publish(content.method, content.header.properties, bytes(content.body))

    def _part(self, refusal: Refusal) -> None:
        """Says why, and waits a moment for the client to agree."""
        self.send(0, ConnectionMethods.Close(refusal.code, refusal.text[:255], 0, 0))
        with contextlib.suppress(Exception), eventlet.Timeout(FAREWELL_SECONDS, False):
            while not isinstance(self._read()[1], ConnectionMethods.CloseOk):
                pass

    def _beat(self) -> None:
        while self._heartbeat:
            eventlet.sleep(self._heartbeat / 2)
            if time.monotonic() - self._heard_at > 2 * self._heartbeat:
                self.hang_up()
            self.send(0, Heartbeat())

    def _write(self) -> None:
        ended = False
        while not ended:
            said = [self._unwritten.get()]
            while not self._unwritten.empty():
                said.append(self._unwritten.get())
            ended = None in said
            whole = b"".join(part for part in said if part is not None)
            try:
                self._sock.sendall(whole)
            except OSError:
                return
            self._unwritten_bytes -= len(whole)


class _Content:
    """A message that comes in parts."""

    def __init__(self, method: Basic.Publish) -> None:
        self.method = method
        self.header: ContentHeader | None = None
        self.body = bytearray()

    def add(self, part: ContentHeader | ContentBody) -> None:
        if isinstance(part, ContentHeader) == (self.header is not None):
            raise SessionRefusal(505, "UNEXPECTED_FRAME - content out of its order")
        if isinstance(part, ContentHeader):
            if part.body_size > MAX_BODY_BYTES:
                raise SessionRefusal(501, f"FRAME_ERROR - a message of {part.body_size} bytes")
            self.header = part
        else:
            self.body += part.value

    @property
    def is_whole(self) -> bool:
        return self.header is not None and len(self.body) >= self.header.body_size


def _asked(frame: FrameTypes) -> tuple[int, int]:
    """The class and method that was refused; a refused message counts as `basic.publish`."""
    index = frame.index if isinstance(frame, Frame) else commands.Basic.Publish.index
    return index >> 16, index & 0xFFFF
