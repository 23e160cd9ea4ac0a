// Listens with the options that it is given, says `listening <port>`, and answers each connection with the address that it came from.
import { TcpServer, type TcpServerOptions } from '../../src/index.ts';

const options = JSON.parse(process.argv[2] ?? '') as TcpServerOptions & {
  readonly tuneMinTtl?: number;
};
const server: TcpServer = new TcpServer(options, (socket) => {
  socket.on('error', () => {});
  if (options.tuneMinTtl !== undefined) {
    server.tune(socket, { minTtl: options.tuneMinTtl });
    socket.write('tuned\n');
  }
  socket.on('data', () => socket.end(`${socket.remoteAddress}\n`));
});
server.server.on('listening', () => {
  const address = server.server.address();
  if (typeof address === 'object') process.stdout.write(`listening ${address?.port}\n`);
});
