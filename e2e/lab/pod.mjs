// A pod of the lab: answers every HTTP request with its own name, on IPv4 and IPv6. Arguments: name, port.
import { createServer } from 'node:http';

const [name, port] = process.argv.slice(2);
createServer((_, answer) => answer.setHeader('connection', 'close').end(`${name}\n`)).listen(
  Number(port),
  '::',
  () => console.log('ready'),
);
