// Java's own client as a member of a room: java RoomMember.java ws://127.0.0.1:4000/chat TEXT COUNT
// Says TEXT when a line comes on its input, prints what it hears, and leaves after COUNT messages.
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

class RoomMember implements WebSocket.Listener {
    static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    final CountDownLatch left;
    final StringBuilder message = new StringBuilder();

    RoomMember(int count) {
        left = new CountDownLatch(count);
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
        message.append(part);
        if (last) {
            OUT.println("hears " + message);
            message.setLength(0);
            left.countDown();
        }
        socket.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
        fail("closed with " + code + ": " + reason);
        return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
        fail(error.toString());
    }

    static void fail(String why) {
        System.err.println("Java: " + why);
        System.exit(1);
    }

    public static void main(String[] args) throws Exception {
        RoomMember member = new RoomMember(Integer.parseInt(args[2]));
        WebSocket socket = HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(URI.create(args[0]), member).join();
        OUT.println("open");
        Thread speaker = new Thread(() -> {
            try {
                System.in.read();
                socket.sendText(args[1], true);
            } catch (java.io.IOException error) {
                fail(error.toString());
            }
        });
        speaker.setDaemon(true);
        speaker.start();
        if (!member.left.await(120, TimeUnit.SECONDS)) fail("120 seconds are over");
        OUT.println("done");
        System.exit(0);
    }
}
