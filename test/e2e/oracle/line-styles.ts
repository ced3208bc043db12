/** The forms of a line's fields, apart from the backend. */
export const lineStyles = [
  'plain',
  'huge',
  'tiny',
  'retried',
  'redirected',
  'misread',
  'half misread',
  'few misread',
  'stray',
  'dashes',
  'odd status',
  'cut by a reload',
  'doubled',
  'decimals',
  'absent',
] as const;

export type LineStyle = (typeof lineStyles)[number];

const statuses = ['200', '204', '301', '404', '499', '500', '502', '503', '200'];
export const hosts: readonly string[] = ['a.example.com', 'b.example.com', 'a.example.co'];

/** Lists of upstream times of each length and kind, and lists without a time. */
const lists = ['0.001, 0.002', '0.5 : 0.250', '-, 1.000', '0.1, 0.2, 0.3 : 0.4, 0.5', '-, -', '2.5', '-'];
const longList = '0.1, 0.1, 0.1, 0.1, 0.1, 0.1';

/** What the usual regex of the collector reads for the fields after the upstream's name if the request was retried. */
const debris = { upstream_response_time: '0,', host: '0.002' };

/** Returns the fields of the n-th line. */
export function styledFields(style: LineStyle, n: number): Record<string, string> {
  const pick = (texts: readonly string[]) => texts[n % texts.length] ?? '';
  const methodOf = (every: number) => (n % every === 0 ? 'POST' : 'GET');
  const host = pick(hosts);
  const numbers = {
    status: pick(statuses),
    request_length: String(1200 + n),
    body_bytes_sent: String(n * 7),
    request_time: ((n % 40) / 1000).toFixed(3),
    upstream_response_time: ((n % 30) / 1000).toFixed(3),
  };
  // The two kinds of log have different methods, so that mixing them up is noticed.
  const plain = { host, method: methodOf(5), request_method: methodOf(4), ...numbers };
  const dashes = Object.fromEntries(Object.keys(numbers).map((field) => [field, '-']));
  switch (style) {
    case 'plain':
      return plain;
    case 'huge':
      return {
        ...plain,
        request_length: '1099511627776',
        body_bytes_sent: n % 2 === 0 ? '90071992547409' : '1',
        request_time: '86400.125',
        upstream_response_time: '12345678.5',
      };
    case 'tiny':
      return { ...plain, request_length: '0', request_time: '0.000', upstream_response_time: '0.000' };
    case 'retried':
      return { ...plain, upstream_response_time: n % 11 === 10 ? longList : pick(lists) };
    case 'redirected':
      return { ...plain, upstream_response_time: pick(['-', '', '-, -']) };
    case 'misread':
      return { ...plain, ...debris };
    case 'half misread':
      return n % 2 === 0 ? { ...plain, ...debris } : plain;
    case 'few misread':
      return n % 12 === 11 ? { ...plain, ...debris } : plain;
    case 'stray':
      return n % 110 === 109 ? { ...plain, ...dashes } : plain;
    case 'dashes':
      return { ...plain, ...dashes };
    case 'odd status':
      return { ...plain, status: pick(['503', '50', '5030']) };
    case 'cut by a reload':
      return { ...plain, status: n % 4 === 0 ? '000' : pick(statuses), request_time: '0.000' };
    case 'doubled':
      // The subrequest of `auth-url` on controllers before 1.4.0 is a line of its own.
      return n % 2 === 0
        ? { ...plain, status: '202', request_length: '0', body_bytes_sent: '0', request_time: '0.004' }
        : plain;
    case 'decimals':
      // Numbers whose doubles add up to more or less than their decimal sum.
      return {
        ...plain,
        request_time: pick(['0.119', '0.069', '86399.999', '0.007', '1234.567']),
        upstream_response_time: pick(['0.119', '0.1, 0.2', '0.070', '3599.9999', '0.0000001']),
      };
    case 'absent':
      return { host };
  }
}
