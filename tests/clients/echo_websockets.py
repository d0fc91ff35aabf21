"""Python websockets against an echo: python echo_websockets.py ws://127.0.0.1:4000"""

import sys

from websockets.sync.client import connect

EDGES = [125, 126, 127, 1500]


def of_bytes(length, character):
    """A text of exactly so many bytes, filled up with full stops."""
    size = len(character.encode())
    count = length // size
    return character * count + "." * (length - count * size)


messages = ["Li Jing"]
messages += [of_bytes(length, character) for character in ("x", "静") for length in EDGES]

connection = connect(sys.argv[1], open_timeout=60)
for text in messages:
    connection.send(text)
    back = connection.recv(timeout=30)
    if back != text:
        sys.exit(f"{len(text.encode())} bytes: {back!r} came back")
    print(f"{len(text.encode())} bytes: back")
# The closing handshake is chapter 10's: until then the connection is only dropped.
connection.socket.close()
