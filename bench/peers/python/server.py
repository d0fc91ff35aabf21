"""websockets, as its documentation has the echo and the broadcast, in uvloop."""

import asyncio
import os
import ssl

import uvloop
from websockets.asyncio.server import broadcast, serve

members = set()


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def room(socket):
    members.add(socket)
    try:
        async for message in socket:
            broadcast(members, message)
    finally:
        members.discard(socket)


def secret():
    if "CERTIFICATE" not in os.environ:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.environ["CERTIFICATE"], os.environ["KEY"])
    return context


async def main():
    handler = room if os.environ.get("APP") == "room" else echo
    compressed = os.environ.get("MODE", "").startswith("deflate")
    async with serve(
        handler,
        "127.0.0.1",
        int(os.environ.get("PORT", "4000")),
        compression="deflate" if compressed else None,
        max_size=None,
        ping_interval=None,
        ssl=secret(),
    ) as server:
        await server.serve_forever()


uvloop.run(main())
