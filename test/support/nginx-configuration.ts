import { join } from 'node:path';

/** One location, and the ingress's variables that it logs. */
export interface NginxRoute {
  /** Prefix of the URL, e.g. `/web`. */
  readonly path: string;
  /** `$proxy_upstream_name`. */
  readonly upstreamName: string;
  /** `$proxy_alternative_upstream_name`: the canary that serves it. Default none. */
  readonly alternativeName?: string;
  /** Answer through a dead upstream and then a live one, as a retry; otherwise nginx answers itself. */
  readonly retried?: boolean;
}

/** ACK documentation, "Analyze and monitor the access log of nginx-ingress". */
const logFormat =
  '$remote_addr - [$remote_addr] - $remote_user [$time_local] "$request" $status $body_bytes_sent ' +
  '"$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] $upstream_addr ' +
  '$upstream_response_length $upstream_response_time $upstream_status $req_id $host ' +
  '[$proxy_alternative_upstream_name]';

/** The whole configuration of one private nginx. `/__ready` answers with the prefix, unlogged. */
export function nginxConfiguration(options: {
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
  # Port 1 is refused; the live one is this server itself.
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
