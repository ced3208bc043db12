import { readFileSync } from 'node:fs';

/** Node's names of architectures that differ from Go's. */
const goArchitectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** Returns the version of package.json, such as `0.1.0`. */
export function packageVersion(): string {
  // It is next to src/ in a checkout and next to dist/ in the image.
  const file = new URL('../../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string };
  return version;
}

/** Returns the body of `/version`. Source: k8s.io/apimachinery/pkg/version, Info. */
export function versionInfo() {
  const version = packageVersion();
  const [major = '', minor = ''] = version.split('.');
  return {
    major,
    minor,
    gitVersion: `v${version}`,
    // A build does not record these.
    gitCommit: '',
    gitTreeState: '',
    buildDate: '',
    goVersion: '',
    compiler: `node ${process.version}`,
    // In Go's terms, such as `linux/amd64`.
    platform: `${process.platform}/${goArchitectures[process.arch] ?? process.arch}`,
  };
}
