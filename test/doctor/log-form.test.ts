import { describe, expect, it } from 'vitest';
import { accessLine, ackText, defaultText, jsonText } from '../../emulator/traffic/access-line.ts';
import { formText } from '../../src/doctor/log-form.ts';

const line = accessLine({ atSeconds: 1_790_000_000 });
const combined = '10.0.0.1 - - [28/Nov/2026:01:03:05 +0000] "GET / HTTP/1.1" 200 61 "-" "curl/8"';

describe('the form of unparsed lines', () => {
  it.each([
    [defaultText(line), "ingress-nginx's default log format"],
    [jsonText(line), 'JSON'],
    [`2026-11-28T01:03:05.1Z stdout F ${ackText(line)}`, 'lines of the container runtime (CRI)'],
    [JSON.stringify({ log: ackText(line), stream: 'stdout' }), "lines of Docker's json-file log"],
    [`[pod/nginx-1/controller] ${ackText(line)}`, 'kubectl logs --prefix'],
    [combined, "nginx's combined log format"],
    [ackText(line).replace('"GET / HTTP/1.1"', '""'), 'ACK'],
    ['2026/11/28 01:03:05 [error] 31#31: *1 connect() failed', "the controller's own messages"],
    ['I1128 01:03:05.000001       7 controller.go:190] Configuration changes detected', 'own messages'],
  ])('of %s is %s', (content, form) => {
    expect(formText([{ content, __time__: '1' }])).toContain(form);
  });

  it('is that of most lines, and no line is quoted', () => {
    const own = { content: 'I1128 01:03:05.000001 token=secret' };
    const text = formText([own, { content: combined }, { content: combined }]);
    expect(text).toContain("most have the form of nginx's combined log format");
    expect(formText([{ content: 'token=secret' }])).toBe(
      'the collector could not parse them, and keeps them in `content`; most have a form that doctor does not know',
    );
  });

  it('is given by the fields of lines that the collector parsed otherwise', () => {
    const row = { __time__: '1', __source__: '', _container_name_: 'c', remote_addr: '10.0.0.1', path: '/' };
    expect(formText([row])).toBe('they have the fields remote_addr, path');
    expect(formText([])).toBeUndefined();
  });
});
