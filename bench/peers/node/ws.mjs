// ws, with bufferutil, as its README has the echo and the broadcast.
import { WebSocket, WebSocketServer } from "ws";

const isRoom = process.env.APP === "room";
const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(process.env.PORT ?? 4000),
  maxPayload: 100 * 1024 * 1024,
  perMessageDeflate: process.env.MODE?.startsWith("deflate") ?? false,
});

server.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => {
    if (!isRoom) {
      socket.send(data, { binary: isBinary });
      return;
    }
    for (const client of server.clients) {
      if (client.readyState === WebSocket.OPEN) client.send(data, { binary: isBinary });
    }
  });
});
