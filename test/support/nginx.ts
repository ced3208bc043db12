import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { freePort } from './ports.ts';
import { waitFor } from './wait-for.ts';

/** A location and the variables of the ingress that it logs. */
interface NginxRoute {
  /** Prefix of the URL, e.g. `/web`. */
  readonly path: string;
  /** `$proxy_upstream_name`. */
  readonly upstreamName: string;
  /** `$proxy_alternative_upstream_name`: the canary that serves it. Default: empty. */
  readonly alternativeName?: string;
  /** Whether to answer through a dead upstream and then a live one, as with a retry. Otherwise nginx answers itself. */
  readonly retried?: boolean;
}

/** A private nginx that writes an access log in ACK's format. */
export interface Nginx extends AsyncDisposable {
  readonly url: string;
  readonly accessLogPath: string;
  /** Rotates the log as logrotate does: renames it to `.1`, `.2` and so on, then makes nginx open a new one. */
  rotate(): Promise<void>;
  stop(): Promise<void>;
}

const candidates = ['nginx', '/usr/sbin/nginx'];

function findNginx(): string | undefined {
  return candidates.find((path) => spawnSync(path, ['-v']).status === 0);
}

/** Tests that need nginx. They are skipped, with a note, if it is not installed. */
export function describeWithNginx(name: string, tests: () => void): void {
  const available = findNginx() !== undefined;
  const note = available ? '' : ' (skipped: nginx is not installed; on Debian: nginx-light)';
  describe.skipIf(!available)(name + note, tests);
}

/**
 * Starts nginx in its own directory, on a free port of loopback, as the current user.
 *
 * @throws Error with its error log if it does not start
 */
export async function startNginx({ routes }: { routes: readonly NginxRoute[] }): Promise<Nginx> {
  const binary = findNginx();
  if (binary === undefined) throw new Error('nginx is not installed; on Debian: nginx-light');
  const prefix = await mkdtemp(join(tmpdir(), 'nginx-'));
  for (let attempt = 1; ; attempt++) {
    // Another process may take the port before nginx does.
    const port = await freePort();
    await writeFile(join(prefix, 'nginx.conf'), nginxConfiguration({ prefix, port, routes }));
    const { master, errors } = launch(binary, prefix);
    if (await isReady(master, port, prefix)) return handleOf(master, port, prefix);
    await end(master);
    if (attempt < 3) continue;
    await rm(prefix, { recursive: true });
    throw new Error(`nginx does not start: ${errors()}`);
  }
}

function launch(binary: string, prefix: string) {
  const master = spawn(binary, ['-p', prefix, '-c', 'nginx.conf', '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  master.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return { master, errors: () => text };
}

async function isReady(master: ChildProcess, port: number, prefix: string): Promise<boolean> {
  const ready = async () => {
    if (master.exitCode !== null) return 'exited';
    const response = await fetch(`http://127.0.0.1:${port}/__ready`).catch(() => undefined);
    return (await response?.text()) === prefix && 'ready';
  };
  return (await waitFor(ready, 'nginx to answer').catch(() => 'timeout')) === 'ready';
}

function handleOf(master: ChildProcess, port: number, prefix: string): Nginx {
  const accessLogPath = join(prefix, 'access.log');
  let rotations = 0;
  const stop = async () => {
    await end(master);
    await rm(prefix, { recursive: true, force: true });
  };
  return {
    url: `http://127.0.0.1:${port}`,
    accessLogPath,
    rotate: async () => {
      await rename(accessLogPath, `${accessLogPath}.${++rotations}`);
      master.kill('SIGUSR1');
      await waitFor(() => stat(accessLogPath).catch(() => undefined), 'nginx to reopen its log');
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function end(master: ChildProcess): Promise<void> {
  if (master.exitCode !== null || master.signalCode !== null) return;
  const exit = once(master, 'exit');
  master.kill('SIGTERM');
  const killing = setTimeout(() => master.kill('SIGKILL'), 3000);
  await exit;
  clearTimeout(killing);
}

/** Source: ACK documentation, "Analyze and monitor the access log of nginx-ingress". */
const logFormat =
  '$remote_addr - [$remote_addr] - $remote_user [$time_local] "$request" $status $body_bytes_sent ' +
  '"$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] $upstream_addr ' +
  '$upstream_response_length $upstream_response_time $upstream_status $req_id $host ' +
  '[$proxy_alternative_upstream_name]';

/** Returns the configuration of a private nginx. `/__ready` answers with the prefix and is not logged. */
function nginxConfiguration(options: {
  readonly prefix: string;
  readonly port: number;
  readonly routes: readonly NginxRoute[];
}): string {
  const { prefix, port, routes } = options;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${join(prefix, kind)};`)
    .join('\n  ');
  return `
daemon off;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${join(prefix, 'nginx.pid')};
error_log stderr warn;
events { worker_connections 256; }
http {
  ${temporary}
  log_format ack '${logFormat}';
  access_log ${join(prefix, 'access.log')} ack;
  keepalive_requests 1000000;
  # Connections to port 1 are refused. The live upstream is this server itself.
  upstream retried { server 127.0.0.1:1 max_fails=0; server 127.0.0.1:${port} backup; }
  server {
    listen 127.0.0.1:${port};
    default_type text/plain;
    set $proxy_upstream_name "upstream-default-backend";
    set $proxy_alternative_upstream_name "";
    set $req_id $request_id;
    location / { return 404 "default backend\\n"; }
    location = /__ready { access_log off; return 200 "${prefix}"; }
    location = /__live { access_log off; return 200 "live\\n"; }
    ${routes.map(location).join('\n    ')}
  }
}
`;
}

function location({ path, upstreamName, alternativeName = '', retried = false }: NginxRoute): string {
  const answer = retried ? 'proxy_pass http://retried/__live;' : 'return 200 "ok\\n";';
  return `location ${path} {
      set $proxy_upstream_name "${upstreamName}";
      set $proxy_alternative_upstream_name "${alternativeName}";
      ${answer}
    }`;
}
