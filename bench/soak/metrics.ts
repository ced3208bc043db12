/** Every line says the same of these. */
export const lineFields = { request_time: '0.25', request_length: '400' } as const;

/** Thousandths of the value of lines in a window of so many seconds. Kubernetes rounds what is finer up. */
type MilliOf = (lines: number, seconds: number) => number;

/** The metrics that are read, and what is right. */
export const milliOf = {
  sls_ingress_qps: (lines, seconds) => Math.ceil((1000 * lines) / seconds),
  sls_ingress_inflow: (lines, seconds) => Math.ceil((400_000 * lines) / seconds),
  sls_ingress_concurrency: (lines, seconds) => Math.ceil((250 * lines) / seconds),
  sls_ingress_latency_p95: (lines) => (lines === 0 ? 0 : 250_000),
} as const satisfies Record<string, MilliOf>;

export type SoakMetric = keyof typeof milliOf;
