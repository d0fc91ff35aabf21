# A client of 2010 as a member of a room: python2.7 room_2010.py ws://127.0.0.1:4000/chat TEXT COUNT
# Says TEXT when a line comes on its input, prints what it hears, and after COUNT messages says goodbye.
# It ends with 0 only if the goodbye was answered.
import sys

from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol, connectWS
from twisted.internet import reactor, stdio
from twisted.protocols.basic import LineReceiver

URL, TEXT, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3])
HIXIE_76 = 0
PATIENCE = 120
outcome = {'code': 1}


def say(line):
    sys.stdout.write(line + '\n')
    sys.stdout.flush()


def fail(reason):
    sys.stderr.write('room_2010: %s\n' % reason)
    stop()


def stop():
    if reactor.running:
        reactor.stop()


class Input(LineReceiver):
    delimiter = b'\n'

    def __init__(self, on_line):
        self.lineReceived = on_line


class Member(WebSocketClientProtocol):
    heard = 0

    def onOpen(self):
        say('open')
        stdio.StandardIO(Input(lambda line: self.sendMessage(TEXT, False)))

    def onMessage(self, payload, binary):
        say('hears ' + payload)
        self.heard += 1
        if self.heard == COUNT:
            self.sendClose()

    def onClose(self, clean, code, reason):
        if clean and self.heard == COUNT:
            outcome['code'] = 0
            say('done')
        else:
            say('closed after %d messages, clean: %s, %s' % (self.heard, clean, reason))
        stop()


class Members(WebSocketClientFactory):
    protocol = Member

    def clientConnectionFailed(self, connector, reason):
        fail(reason.getErrorMessage())


factory = Members(URL, origin='http://example.com')
factory.setProtocolOptions(allowHixie76=True, version=HIXIE_76)
connectWS(factory)
reactor.callLater(PATIENCE, fail, '%d seconds are over' % PATIENCE)
reactor.run()
sys.exit(outcome['code'])
