import jakarta.websocket.OnMessage;
import jakarta.websocket.OnOpen;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerContainer;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.catalina.Context;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsSci;

/** An echo with Tomcat, for the client of chapter 18. Its first line says where it listens. */
public class EchoServer {
    /** The longest message that it takes whole, in bytes. */
    private static final int LONGEST = 1024 * 1024;

    public static class Echo {
        @OnOpen
        public void opened(Session session) {
            session.setMaxTextMessageBufferSize(LONGEST);
            session.setMaxBinaryMessageBufferSize(LONGEST);
        }

        @OnMessage
        public void said(Session session, String text) throws IOException {
            session.getBasicRemote().sendText(text);
        }

        @OnMessage
        public void said(Session session, ByteBuffer bytes) throws IOException {
            session.getBasicRemote().sendBinary(bytes);
        }
    }

    public static void main(String[] arguments) throws Exception {
        Logger.getLogger("").setLevel(Level.WARNING);
        Tomcat tomcat = new Tomcat();
        tomcat.setHostname("127.0.0.1");
        tomcat.setPort(0);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        Context context = tomcat.addContext("", null);
        Tomcat.addServlet(context, "default", new DefaultServlet()).addMapping("/");
        context.addServletContainerInitializer(new WsSci(), null);
        context.addServletContainerInitializer((classes, servlets) -> {
            try {
                Object sockets = servlets.getAttribute(ServerContainer.class.getName());
                ServerEndpointConfig echo = ServerEndpointConfig.Builder.create(Echo.class, "/chat").build();
                ((ServerContainer) sockets).addEndpoint(echo);
            } catch (Exception error) {
                throw new IllegalStateException(error);
            }
        }, null);
        tomcat.start();
        System.out.println("listening on ws://127.0.0.1:" + tomcat.getConnector().getLocalPort());
        tomcat.getServer().await();
    }
}
