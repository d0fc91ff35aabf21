// An echo with the package ws, for the client of chapter 18. Its first line says where it listens.
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: true });
server.on('listening', () => console.log(`listening on ws://127.0.0.1:${server.address().port}`));
server.on('connection', (client) => {
  client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }));
});
