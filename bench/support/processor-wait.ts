import { readdirSync, readFileSync } from 'node:fs';

/**
 * Returns for how long the threads of processes waited for a processor since they started, because of other work on the machine.
 * 0 if the kernel does not tell. Source: proc(5), schedstat.
 */
export function processorWaitMs(pids: readonly number[]): number {
  let nanoseconds = 0;
  for (const pid of pids) {
    try {
      for (const thread of readdirSync(`/proc/${pid}/task`))
        nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[1]);
    } catch {
      // A thread has ended.
    }
  }
  return nanoseconds / 1e6;
}
