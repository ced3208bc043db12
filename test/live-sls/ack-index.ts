/** The delimiters of SLS's default text index. */
const token = Array.from(`, '";=()[]{}?@&<>/:\n\t\r`);
const text = { type: 'text', token, caseSensitive: false, doc_value: true };
const long = { type: 'long', doc_value: true };
const double = { type: 'double', doc_value: true };

/**
 * The index that ACK creates for its logstore `nginx-ingress`, in the format of CreateIndex. Source: ACK, "Collect and
 * analyze NGINX Ingress access logs"; SLS, "CreateIndex".
 */
export const ackIndex = {
  line: { token, caseSensitive: false, chn: false },
  keys: {
    client_ip: text,
    x_forward_for: text,
    remote_user: text,
    time: text,
    method: text,
    url: text,
    version: text,
    status: long,
    body_bytes_sent: long,
    http_referer: text,
    http_user_agent: text,
    request_length: long,
    request_time: double,
    proxy_upstream_name: text,
    upstream_addr: text,
    upstream_response_length: text,
    upstream_response_time: text,
    upstream_status: text,
    req_id: text,
    host: text,
    proxy_alternative_upstream_name: text,
  },
};
