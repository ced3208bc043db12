/** What a crash writes. */
const mostOtherLines = 30;
const mostWarnings = 5;

/** Passes on a few of the adapter's warnings and errors, and what is no line of its log. */
export function logTrouble(progress: (text: string) => void): (line: string) => void {
  let warnings = 0;
  let others = 0;
  return (line) => {
    const isLog = line.startsWith('{"level":');
    if (isLog && !/^\{"level":"(warn|error|fatal)"/.test(line)) return;
    if (isLog ? ++warnings > mostWarnings : ++others > mostOtherLines) return;
    progress(`adapter: ${line.slice(0, 300)}`);
  };
}
