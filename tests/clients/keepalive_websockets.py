"""Python websockets asks whether a server is there, and says goodbye: python keepalive_websockets.py ws://127.0.0.1:4000"""

import asyncio
import sys

from websockets.asyncio.client import connect


async def main(url):
    # The library pings by itself, every 20 seconds. Here it is told when.
    async with connect(url, ping_interval=None, open_timeout=60) as connection:
        for payload in [b"Li Jing", b"", bytes(range(125))]:
            pong = await connection.ping(payload)
            await asyncio.wait_for(pong, 60)
            print(f"{len(payload)} bytes: back")
        await connection.close(1000, "bye")
        print("goodbye:", connection.protocol.close_code)


asyncio.run(main(sys.argv[1]))
