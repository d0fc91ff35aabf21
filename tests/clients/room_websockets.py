"""Python websockets as a member of a room: python room_websockets.py ws://127.0.0.1:4000/chat TEXT COUNT

Says TEXT when a line comes on its input, prints what it hears, and leaves after COUNT messages.
"""

import sys
from threading import Thread

from websockets.sync.client import connect

url, text, count = sys.argv[1:]
sys.stdout.reconfigure(encoding="utf-8", line_buffering=True)
# Its pings are answered from chapter 10 on, and this room is also one of chapter 08.
connection = connect(url, ping_interval=None, open_timeout=60)
print("open, compressed" if connection.protocol.extensions else "open")


def say_it_when_told():
    sys.stdin.readline()
    connection.send(text)


Thread(target=say_it_when_told, daemon=True).start()
for _ in range(int(count)):
    print("hears", connection.recv(timeout=120))
print("done")
# The closing handshake is chapter 10's: until then the connection is only dropped.
connection.socket.close()
