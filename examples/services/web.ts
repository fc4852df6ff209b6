// A web server with a health check; it takes its port from Realm.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';

const data = readFileSync('data.txt', 'utf8'); // there, because it comes after the migration
const server = createServer((request, response) => response.end(request.url === '/health' ? 'ok\n' : data));
server.listen(Number(process.env['PORT']), '127.0.0.1', () => console.log('listening'));
process.once('SIGTERM', () => server.close(() => process.exit(0)));
