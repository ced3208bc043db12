import process from 'node:process';

/**
 * `node:http` without its WebSocket client. An `import` reads every export, and behind one of them Node loads a second
 * HTTP client with all that belongs to it: 5 MB of memory.
 */
export const http = process.getBuiltinModule('node:http');
