// uWebSockets.js, as its examples have the echo and the broadcast. The package is a fork that is in npm: the original is not.
import uWS from "@btc-vision/uwebsockets.js";

const isRoom = process.env.APP === "room";
const app = uWS.App();
app.ws("/*", {
  compression: uWS.DEDICATED_COMPRESSOR_4KB | uWS.DEDICATED_DECOMPRESSOR,
  maxPayloadLength: 100 * 1024 * 1024,
  maxBackpressure: 256 * 1024 * 1024,
  idleTimeout: 0,
  sendPingsAutomatically: false,
  open: (socket) => {
    if (isRoom) socket.subscribe("room");
  },
  message: (socket, message, isBinary) => {
    if (isRoom) app.publish("room", message, isBinary);
    else socket.send(message, isBinary, true);
  },
});
app.listen("127.0.0.1", Number(process.env.PORT ?? 4000), (listening) => {
  if (!listening) process.exit(1);
});
