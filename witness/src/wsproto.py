"""wsproto for conversations that come on the input, in batches: what it makes of each goes to the output."""

import sys
from struct import pack, unpack_from

from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage


def outcome(reads):
    server = Connection(ConnectionType.SERVER)
    messages, pongs, close, message = [], [], b"-", []
    for read in reads:
        server.receive_data(read)
        for event in server.events():
            if isinstance(event, (TextMessage, BytesMessage)):
                is_text = isinstance(event, TextMessage)
                message.append(event.data.encode() if is_text else bytes(event.data))
                if event.message_finished:
                    payload = b"".join(message)
                    messages.append(pack("!?I", is_text, len(payload)) + payload)
                    message = []
            elif isinstance(event, Ping):
                payload = bytes(event.response().payload)
                pongs.append(pack("!I", len(payload)) + payload)
            elif isinstance(event, CloseConnection):
                # 1005 says that there was none.
                close = b"c" if event.code == 1005 else b"C" + pack("!H", event.code)
        if close != b"-":
            break
    messages, pongs = (pack("!I", len(items)) + b"".join(items) for items in (messages, pongs))
    return messages + pongs + close


def conversations(batch):
    at = 0
    while at < len(batch):
        (count,) = unpack_from("!I", batch, at)
        lengths = unpack_from(f"!{count}I", batch, at + 4)
        at += 4 + 4 * count
        reads = []
        for length in lengths:
            reads.append(batch[at : at + length])
            at += length
        yield reads


source, out = sys.stdin.buffer, sys.stdout.buffer
while head := source.read(4):
    (length,) = unpack_from("!I", head)
    answer = b"".join(map(outcome, conversations(source.read(length))))
    out.write(pack("!I", len(answer)) + answer)
    out.flush()
