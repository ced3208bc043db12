/** Commands of the pages that no test runs, and why. test/docs/commands.test.ts checks their flags, scripts and paths. */
export const notRun: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/ COMMAND …$/, 'stands for any command'],
  [/^export /, 'the setup has a key of its own'],
  [/^npm ci$|^npm ci && npm test$/, 'these tests run by it'],
  [/^npm ci && npm run demo$/, 'test/slow/demo runs the demo, and each command that it prints'],
  [/^npm run test:sls$/, 'needs a project in SLS'],
  [/npm run test:(slow|cluster)/, 'other tests, with settings'],
  [/^kind /, 'needs Docker'],
  [/^docker build /, 'needs Docker; test/slow/image follows the Dockerfile'],
  [/^npm install --global /, 'changes this machine; test/slow/image installs the package elsewhere'],
  [/^helm (test|uninstall|rollback|history) /, 'needs a cluster; test/cluster and test/slow/charts run them'],
  [
    /^curl -s localhost:9090\/status\.json /,
    'needs an adapter in a cluster; test/status-page holds the JSON',
  ],
  [/^curl (-H .*)?http:\/\/(127\.0\.0\.1:8501|\{ADDRESS\})/, 'needs a model server in a cluster'],
  [/^ossutil /, 'needs a bucket in OSS'],
];

/** Other programs, which test/slow/docs runs: as far as they come without a cluster. */
export const slowPrograms = [
  /^kubectl (?!exec .* -- sls-metrics-adapter)/,
  /^helm (install|upgrade) /,
  /(^|[|] )npm run -s emulate /,
  /^curl -X PUT .*\/__faults /,
  /^npx node test\//,
];

/** Commands of the adapter that take seconds. test/slow/docs runs them. */
export const isSlow = (text: string): boolean => /\b(doctor|loadtest|replay)( |$)|routes .*--hpa /.test(text);

/** 1 where the page shows a refusal. */
export const exitCodeOf = (text: string): number => (text.includes('docs/examples/access') ? 1 : 0);

/** Returns the lines of an output without its numbers and the widths of its columns. */
export const lookOf = (output: string): string[] =>
  output
    .split('\n')
    .map((line) =>
      line
        .trim()
        .replaceAll(/\d[\d.]*/g, '0')
        .replaceAll(/ +/g, ' '),
    )
    .filter((line) => line !== '');
