# An echo with Python's websockets, for the client of chapter 18. Its first line says where it listens.
import asyncio

from websockets.asyncio.server import serve


async def echo(client):
    async for message in client:
        await client.send(message)


async def main():
    async with serve(echo, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"listening on ws://127.0.0.1:{port}", flush=True)
        await asyncio.get_running_loop().create_future()


asyncio.run(main())
