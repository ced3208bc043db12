/** Passes on the adapter's warnings and errors, a few of them. */
export function logTrouble(progress: (text: string) => void): (line: string) => void {
  let left = 5;
  return (line) => {
    if (left === 0 || !/"level":"(warn|error|fatal)"/.test(line)) return;
    left -= 1;
    progress(`adapter: ${line.slice(0, 300)}`);
  };
}
