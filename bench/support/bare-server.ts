import { constants } from 'node:crypto';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import Fastify from 'fastify';

/** The response of the bare server and its serving certificate. */
export interface BareSettings {
  readonly certificate: string;
  readonly key: string;
  readonly route: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBase64: string;
}

const [settingsFile = ''] = process.argv.slice(2);
const settings = JSON.parse(readFileSync(settingsFile, 'utf8')) as BareSettings;
const app = Fastify({
  http2: true,
  https: {
    allowHTTP1: true,
    cert: settings.certificate,
    key: settings.key,
    minVersion: 'TLSv1.2',
    secureOptions: constants.SSL_OP_NO_TICKET,
    requestCert: true,
    rejectUnauthorized: false,
  },
});
const body = Buffer.from(settings.bodyBase64, 'base64');
app.get(settings.route, (_, reply) => reply.headers(settings.headers).send(body));
process.on('SIGTERM', () => void app.close());
console.log(JSON.stringify({ url: await app.listen({ host: '127.0.0.1', port: 0 }) }));
