// ws, with bufferutil, as its README has the echo and the broadcast.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecretServer } from "node:https";
import { WebSocket, WebSocketServer } from "ws";

const isRoom = process.env.APP === "room";
const { CERTIFICATE: certificate, KEY: key } = process.env;
const files = { cert: certificate && readFileSync(certificate), key: key && readFileSync(key) };
const web = certificate ? createSecretServer(files) : createServer();
web.listen(Number(process.env.PORT ?? 4000), "127.0.0.1");
const server = new WebSocketServer({
  server: web,
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
