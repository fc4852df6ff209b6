// node:http without what an import of it draws in: fetch, WebSocket and web streams, 12 MiB in every daemon.
export const { Agent, createServer, request, STATUS_CODES } = process.getBuiltinModule('node:http');
