import { onOff, section, text, whole } from './leaf.ts';

/** A line of such a gauge has some 200 bytes, and what is scraped is to stay below 1 MB. */
const mostSeriesValues = 4000;

export const telemetrySection = section({
  port: whole(
    0,
    65535,
    'Port of plain HTTP for /metrics and the status page, open to whoever reaches it; without it, there is none; 0 takes any free one',
  ).optional(),
  bindAddress: text('Address of that port; 0.0.0.0 for scrapers in the cluster').default('127.0.0.1'),
  statusPage: onOff('Serve the status page at / of that port').default(false),
  maxSeriesValues: whole(
    0,
    mostSeriesValues,
    'How many series have their value as a gauge at /metrics, at most; 0: none',
  ).default(0),
});
