import { parseGatewayLine } from '../ingest/forms/gateway-form.ts';
import type { JsonObject } from '../ingest/forms/json-text.ts';
import type { LogRecord } from '../log-record.ts';
import {
  albIngressIndex,
  envoyGatewayIndex,
  mseIngressIndex,
  nginxIngressIndex,
  type IndexConfig,
} from '../store/index-config.ts';
import { ackRecord, type AccessLine } from './access-line.ts';
import { albText, envoyGatewayText, envoyRequestOf, mseText } from './gateway-line.ts';

/** The gateways whose log the emulator writes. */
export const lineKinds = ['nginx-ingress', 'alb-ingress', 'mse-ingress', 'envoy-gateway'] as const;
export type LineKind = (typeof lineKinds)[number];

interface WrittenKind {
  /** Of the gateway's logstore. */
  readonly index: IndexConfig;
  /** What its collector makes of a request. */
  readonly record: (line: AccessLine) => LogRecord;
  /** The adapter's metric for requests per second. */
  readonly qps: string;
}

export const kindOfLine: Readonly<Record<LineKind, WrittenKind>> = {
  'nginx-ingress': { index: nginxIngressIndex, record: ackRecord, qps: 'sls_ingress_qps' },
  'alb-ingress': {
    index: albIngressIndex,
    record: (line) => collected(albText(line)),
    qps: 'sls_alb_ingress_qps',
  },
  'mse-ingress': {
    index: mseIngressIndex,
    record: (line) => collected(mseText(envoyRequestOf(line))),
    qps: 'sls_mse_ingress_qps',
  },
  'envoy-gateway': {
    index: envoyGatewayIndex,
    qps: 'sls_envoy_gateway_qps',
    record: (line) => collected(envoyGatewayText(envoyRequestOf(line))),
  },
};

function collected(text: string): LogRecord {
  const parsed = parseGatewayLine(JSON.parse(text) as JsonObject, undefined);
  if (parsed.kind === 'record') return parsed.record;
  throw new Error(`${parsed.reason}: ${text}`);
}
