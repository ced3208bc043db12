// Node loads its TLS modules when they are first used. If that happens while a test has exhausted the stack or replaced
// parts of node:http, they stay half loaded for every later file of the worker. So they are loaded before any test.
import 'node:http2';
import 'node:https';
import 'node:tls';
