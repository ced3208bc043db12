import { createLogUpdate } from 'log-update';
import { alignedTable } from '../../src/cli/table.ts';

export interface RouteLine {
  readonly route: string;
  /** Undefined if the read failed; `error` says why. */
  readonly qps: number | undefined;
  readonly requests: number | undefined;
  /** Seconds from the end of the window to now. */
  readonly ageSeconds: number | undefined;
  /** What the guide's HPA wants; undefined for a route that it does not scale. */
  readonly replicas: number | undefined;
  readonly error: string | undefined;
}

export interface Snapshot {
  readonly routes: readonly RouteLine[];
  readonly slsQueries: number;
}

export interface View {
  show(snapshot: Snapshot): void;
  /** Ends the live table. What it showed last stays on the screen. */
  end(): void;
}

/** Shows a live table on a terminal, and a plain line for each route on a pipe. */
export function createView(stdout: NodeJS.WriteStream): View {
  if (!stdout.isTTY) return { show: (snapshot) => stdout.write(plainLines(snapshot)), end: () => undefined };
  const live = createLogUpdate(stdout);
  return { show: (snapshot) => live(liveTable(snapshot, stdout.columns)), end: () => live.done() };
}

const text = (value: number | undefined, digits = 0) => (value === undefined ? '-' : value.toFixed(digits));

/** The most columns of the terminal that the other fields need. */
const otherFieldsWidth = 42;
const minRouteWidth = 12;

/** Shortens a route to the room there is. It keeps both ends: they hold the namespace and the port. */
function shortened(route: string, columns: number): string {
  const width = Math.max(minRouteWidth, columns - otherFieldsWidth);
  if (route.length <= width) return route;
  const head = Math.ceil((width - 1) / 2);
  return `${route.slice(0, head)}…${route.slice(head + 1 - width)}`;
}

/** @param columns width of the terminal */
export function liveTable({ routes, slsQueries }: Snapshot, columns = Infinity): string {
  const table = alignedTable(
    ['ROUTE', 'QPS', 'REQUESTS', 'AGE', 'REPLICAS'],
    routes.map(({ route, qps, requests, ageSeconds, replicas }) => [
      shortened(route, columns),
      text(qps, 3),
      text(requests),
      ageSeconds === undefined ? '-' : `${text(ageSeconds, 1)}s`,
      text(replicas),
    ]),
  );
  const errors = routes.flatMap(({ route, error }) => (error === undefined ? [] : [`${route}: ${error}`]));
  return [table, '', `SLS queries so far: ${slsQueries}`, ...errors].join('\n');
}

export function plainLines({ routes, slsQueries }: Snapshot): string {
  const lines = routes.map(({ route, qps, requests, ageSeconds, replicas, error }) =>
    [
      `route=${route}`,
      `qps=${text(qps, 3)}`,
      `requests=${text(requests)}`,
      `age=${ageSeconds === undefined ? '-' : `${text(ageSeconds, 1)}s`}`,
      `slsQueries=${slsQueries}`,
      ...(replicas === undefined ? [] : [`replicas=${replicas}`]),
      ...(error === undefined ? [] : [`error=${JSON.stringify(error)}`]),
    ].join(' '),
  );
  return `${lines.join('\n')}\n`;
}
