import { Collector } from '../../../emulator/ingest/collector.ts';
import type { LogRecord } from '../../../emulator/log-record.ts';
import { styledFields } from './line-styles.ts';
import { servedBy, hostOf, type LoggedLine } from './log-oracle.ts';
import type { Place, SlsPair } from './sls-pair.ts';
import { lastSecond, longestLagMs, type Traffic, type World } from './world.ts';

/** Returns the lines of one kind of traffic, evenly spaced. */
function recordsOf(
  { primary, alternative, style = 'plain', ...traffic }: Traffic,
  plannedAtSeconds: number,
): LogRecord[] {
  const records: LogRecord[] = [];
  for (let n = 0; n < traffic.requests; n += 1) {
    const second = traffic.atSecond + Math.floor(n / traffic.perSecond);
    if (second > lastSecond) break;
    const fields = {
      ...styledFields(style, n),
      ...(primary === undefined ? {} : { proxy_upstream_name: primary, slb_pool_name: primary }),
      ...(alternative === undefined ? {} : { proxy_alternative_upstream_name: alternative }),
    };
    records.push({ timeSeconds: plannedAtSeconds + second, fields });
  }
  return records;
}

/** Lines that arrive together. */
interface Arrival {
  readonly lagMs: number;
  readonly records: readonly LogRecord[];
}

/** Returns the lines of one kind of traffic as they arrive, of those that arrive in the time of a world. */
function arrivalsOf(traffic: Traffic, plannedAtSeconds: number, nowMs: number): Arrival[] {
  const records = recordsOf(traffic, plannedAtSeconds);
  if (traffic.collector === undefined) return [{ lagMs: traffic.lagMs, records }];
  const { stamp, pods, stallsAtSecond, stallSeconds } = traffic.collector;
  const stallsAtMs = (plannedAtSeconds + stallsAtSecond) * 1000;
  const collector = new Collector({
    stamp,
    pods,
    startMs: (plannedAtSeconds + traffic.atSecond - 1) * 1000,
    isStalled: (pod, atMs) => pod === 0 && atMs >= stallsAtMs && atMs < stallsAtMs + stallSeconds * 1000,
  });
  for (const [n, record] of records.entries())
    collector.write(record, record.timeSeconds * 1000 + (n % 1000), n % pods);
  const sent = collector.advance(nowMs + longestLagMs);
  return sent.map(({ sentMs, records: ofSend }) => ({ lagMs: Math.max(0, sentMs - nowMs), records: ofSend }));
}

/**
 * Appends the traffic of a world now, `world.arrivedAgoMs` before the first planning.
 *
 * @returns the lines by logstore
 */
export async function logTraffic(world: World, sls: SlsPair): Promise<Map<Place, readonly LoggedLine[]>> {
  const nowMs = sls.clock.nowMs;
  const plannedAtSeconds = Math.trunc((nowMs + world.arrivedAgoMs) / 1000);
  const logged = new Map<Place, readonly LoggedLine[]>();
  for (const [place, traffic] of Map.groupBy(world.traffic, (one) => one.place)) {
    const lines: LoggedLine[] = [];
    const arrivals = traffic.flatMap((one) => arrivalsOf(one, plannedAtSeconds, nowMs));
    for (const [lagMs, together] of Map.groupBy(arrivals, (one) => one.lagMs)) {
      const records = together.flatMap((one) => one.records);
      await sls.append(place, lagMs, records);
      for (const { timeSeconds, fields } of records) {
        const routes = {
          'nginx-ingress': servedBy(fields, place.hasAlternative),
          'alb-ingress': fields['slb_pool_name'],
        };
        const hosts = {
          'nginx-ingress': hostOf(fields, place.hasAlternative),
          'alb-ingress': fields['host'],
        };
        lines.push({ timeSeconds, fields, routes, hosts, visibleAtMs: nowMs + lagMs });
      }
    }
    logged.set(place, lines);
  }
  return logged;
}
