import { readFileSync } from 'node:fs';

/** USER_HZ, which Linux fixes at 100 for whatever leaves the kernel. Source: proc(5). */
const ticksPerSecond = 100;

/** CPU time used so far by a process, user and system, in ms. Linux only. */
function cpuMsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the name, in brackets, and may hold spaces; user and system time are the 14th and 15th.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

/** Resident memory of a process, in MB of 10⁶ bytes: now, and the most it ever was. Linux only. */
export function residentMbOf(pid: number): { readonly now: number; readonly peak: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) * 1024) / 1e6;
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

/** How much of one core a process takes, span by span. */
export class CpuSpans {
  readonly percents: number[] = [];
  readonly #pid: number;
  #sinceMs: number;
  #sinceCpuMs: number;

  /** The first span begins. */
  constructor(pid: number) {
    this.#pid = pid;
    this.#sinceMs = performance.now();
    this.#sinceCpuMs = cpuMsOf(pid);
  }

  /** Ends a span and begins the next. */
  cut(): void {
    const [nowMs, cpuMs] = [performance.now(), cpuMsOf(this.#pid)];
    this.percents.push(((cpuMs - this.#sinceCpuMs) * 100) / (nowMs - this.#sinceMs));
    [this.#sinceMs, this.#sinceCpuMs] = [nowMs, cpuMs];
  }
}
