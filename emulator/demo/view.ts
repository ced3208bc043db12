import { createLogUpdate } from 'log-update';
import { alignedTable } from '../../src/cli/table.ts';

export interface RouteLine {
  readonly route: string;
  /** Undefined if the read failed; `error` says why. */
  readonly qps: number | undefined;
  readonly requests: number | undefined;
  /** Seconds from the end of the window to now. */
  readonly ageSeconds: number | undefined;
  /** What the HPA of the route has set. */
  readonly replicas: number;
  /** Why, in the controller's word. */
  readonly reason: string;
  readonly error: string | undefined;
}

export interface Snapshot {
  readonly routes: readonly RouteLine[];
  /** Of the HPA controller, since the last snapshot. */
  readonly events: readonly string[];
  readonly slsQueries: number;
}

interface View {
  show(snapshot: Snapshot): void;
  /** Ends the live table. What it showed last stays on the screen. */
  end(): void;
}

/** Shows a live table on a terminal, and a plain line for each route on a pipe. */
export function createView(stdout: NodeJS.WriteStream): View {
  if (!stdout.isTTY) return { show: (snapshot) => stdout.write(plainLines(snapshot)), end: () => undefined };
  const live = createLogUpdate(stdout);
  let events: readonly string[] = [];
  const show = (snapshot: Snapshot) => {
    events = [...events, ...snapshot.events].slice(-shownEvents);
    live(liveTable({ ...snapshot, events }, stdout.columns));
  };
  return { show, end: () => live.done() };
}

const text = (value: number | undefined, digits = 0) => (value === undefined ? '-' : value.toFixed(digits));

const shownEvents = 3;

/** The most columns of the terminal that the other fields need. */
const otherFieldsWidth = 65;
const minRouteWidth = 12;

/** Shortens a route to the room there is. It keeps both ends: they hold the namespace and the port. */
function shortened(route: string, columns: number): string {
  const width = Math.max(minRouteWidth, columns - otherFieldsWidth);
  if (route.length <= width) return route;
  const head = Math.ceil((width - 1) / 2);
  return `${route.slice(0, head)}…${route.slice(head + 1 - width)}`;
}

/** @param columns width of the terminal */
export function liveTable({ routes, events, slsQueries }: Snapshot, columns = Infinity): string {
  const table = alignedTable(
    ['ROUTE', 'QPS', 'REQUESTS', 'AGE', 'REPLICAS', 'SCALING'],
    routes.map(({ route, qps, requests, ageSeconds, replicas, reason }) => [
      shortened(route, columns),
      text(qps, 3),
      text(requests),
      ageSeconds === undefined ? '-' : `${text(ageSeconds, 1)}s`,
      String(replicas),
      reason,
    ]),
  );
  const errors = routes.flatMap(({ route, error }) => (error === undefined ? [] : [`${route}: ${error}`]));
  const shown = events.map((event) => event.slice(0, columns));
  return [table, '', `SLS queries so far: ${slsQueries}`, ...shown, ...errors].join('\n');
}

export function plainLines({ routes, events, slsQueries }: Snapshot): string {
  const lines = routes.map(({ route, qps, requests, ageSeconds, replicas, reason, error }) =>
    [
      `route=${route}`,
      `qps=${text(qps, 3)}`,
      `requests=${text(requests)}`,
      `age=${ageSeconds === undefined ? '-' : `${text(ageSeconds, 1)}s`}`,
      `slsQueries=${slsQueries}`,
      `replicas=${replicas}`,
      `scaling=${reason}`,
      ...(error === undefined ? [] : [`error=${JSON.stringify(error)}`]),
    ].join(' '),
  );
  return `${[...lines, ...events.map((event) => `event=${JSON.stringify(event)}`)].join('\n')}\n`;
}
