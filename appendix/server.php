<?php
// The article's server, written anew with all its faults: 13 things that go wrong, each marked where it
// sits. `php appendix/server.php [port]`, or the port in PORT; NUL=0 leaves out fault 10, so that
// current clients get far enough to meet the others.

declare(strict_types=1);

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

// ANCHOR: listen
function listen(int $port): Socket
{
    $listener = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
    socket_set_option($listener, SOL_SOCKET, SO_REUSEADDR, 1);
    socket_bind($listener, '127.0.0.1', $port) || exit(1); // unbound, it would listen to the world
    socket_listen($listener, 2);
    socket_getsockname($listener, $address, $port);
    say("listening on ws://$address:$port");
    return $listener;
}
// ANCHOR_END: listen

// ANCHOR: serve
function serve(Socket $listener): void
{
    $sockets = [$listener];
    $open = false;                                         // fault 1: one flag for all clients
    while (true) {
        $none = null;
        socket_select($sockets, $none, $none, null);       // fault 3: only the ready ones are left
        foreach ($sockets as $socket) {
            if ($socket === $listener) {
                $sockets[] = socket_accept($listener);
                say('a client connects');
                continue;
            }
            $count = socket_recv($socket, $bytes, 2048, 0); // fault 9: and a longer message is cut
            if (!$count) {                                  // 0: it has left; false: it was reset
                return;                                     // fault 2: one client leaves, all is over
            }
            if (!$open) {
                open($socket, $bytes);                      // fault 13: whoever asks is let in
                $open = true;
                say('handshake successful');
            } else {
                reply($socket, decode($bytes));             // faults 6 and 7: whatever the opcode
            }
        }
    }
}
// ANCHOR_END: serve

// ANCHOR: open
function open(Socket $client, string $request): void
{
    say($request);
    $key = '';
    if (preg_match("/Sec-WebSocket-Key: (.*)\r\n/", $request, $found)) { // fault 11: by case
        $key = $found[1];
    }
    $accept = base64_encode(sha1($key . GUID, true));
    $answer = "HTTP/1.1 101 Switching Protocols\r\n"
        . "Upgrade: websocket\r\n"
        . "Connection: Upgrade\r\n"
        . "Sec-WebSocket-Accept: $accept\r\n"
        . "\r\n";
    if (getenv('NUL') !== '0') {
        $answer .= chr(0);                                  // fault 10: the first byte of a frame
    }
    socket_write($client, $answer, strlen($answer));
}
// ANCHOR_END: open

// ANCHOR: decode
function decode(string $bytes): string
{
    $short = ord($bytes[1]) & 127;                          // fault 12: is there a second byte?
    $start = match ($short) { 126 => 4, 127 => 10, default => 2 };
    $key = substr($bytes, $start, 4);                       // fault 12: and is there a mask?
    $payload = substr($bytes, $start + 4);                  // fault 8: all the rest, whatever the length
    $text = '';
    for ($i = 0; $i < strlen($payload); $i++) {
        $text .= $payload[$i] ^ $key[$i % 4];
    }
    return $text;
}
// ANCHOR_END: decode

// ANCHOR: reply
function reply(Socket $client, string $text): void
{
    say("the client says: $text");
    $frames = '';
    foreach (str_split($text, 125) as $piece) {             // faults 4 and 5: a message each
        $frames .= chr(0x81) . chr(strlen($piece)) . $piece;
    }
    socket_write($client, $frames, strlen($frames));
}
// ANCHOR_END: reply

// ANCHOR: main
// What PHP itself complains of, in our terminal's form.
set_error_handler(fn (int $level, string $text) => say("PHP warns: $text") ?? true);

function say(string $line): void
{
    fwrite(STDOUT, "$line\n");
}

serve(listen((int) ($argv[1] ?? getenv()['PORT'] ?? 4000)));
// ANCHOR_END: main
