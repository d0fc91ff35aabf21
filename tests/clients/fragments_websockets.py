"""Python websockets sends messages in fragments: python fragments_websockets.py ws://127.0.0.1:4000"""

import sys

from websockets.sync.client import connect

sys.stdout.reconfigure(encoding="utf-8", line_buffering=True)
with connect(sys.argv[1], open_timeout=60) as connection:
    for pieces in ["Li ", "Ji", "ng"], ["", "Li Jing", ""], list("李静 and 漢"):
        connection.send(pieces)
        print("hears", connection.recv(timeout=60))
print("closed with", connection.protocol.close_code)
