import { readFileSync } from 'node:fs';

/** USER_HZ, which Linux fixes at 100 for user space. Source: proc(5). */
const ticksPerSecond = 100;

/** Returns the CPU time that a process has used so far, user and system, in ms. Linux only. */
function cpuMsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Field 2 is the name in parentheses and may contain spaces. Fields 14 and 15 are user and system time.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

/** Returns the resident memory of a process in MB of 10⁶ bytes, now and at its peak. Linux only. */
export function residentMbOf(pid: number): { readonly now: number; readonly peak: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) * 1024) / 1e6;
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

/** Measures how much of one core a process uses, span by span. */
export class CpuSpans {
  readonly percents: number[] = [];
  readonly #pid: number;
  #sinceMs: number;
  #sinceCpuMs: number;

  /** Starts the first span. */
  constructor(pid: number) {
    this.#pid = pid;
    this.#sinceMs = performance.now();
    this.#sinceCpuMs = cpuMsOf(pid);
  }

  /** Ends the current span and starts the next one. */
  cut(): void {
    const [nowMs, cpuMs] = [performance.now(), cpuMsOf(this.#pid)];
    this.percents.push(((cpuMs - this.#sinceCpuMs) * 100) / (nowMs - this.#sinceMs));
    [this.#sinceMs, this.#sinceCpuMs] = [nowMs, cpuMs];
  }
}
