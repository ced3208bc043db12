import { readFileSync } from 'node:fs';

/** Source: k8s.io/apimachinery/pkg/version, Info. */
export interface VersionInfo {
  readonly major: string;
  readonly minor: string;
  /** `v` and the version of package.json. */
  readonly gitVersion: string;
  /** This and the next two are empty: a build does not record them. */
  readonly gitCommit: string;
  readonly gitTreeState: string;
  readonly buildDate: string;
  /** Empty. */
  readonly goVersion: string;
  readonly compiler: string;
  /** In Go's terms, such as `linux/amd64`. */
  readonly platform: string;
}

/** Node's names of architectures that differ from Go's. */
const goArchitectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** Returns the version of package.json, such as `0.1.0`. */
export function packageVersion(): string {
  // It is next to src/ in a checkout and next to dist/ in the image.
  const file = new URL('../../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string };
  return version;
}

/** `/version` */
export function versionInfo(): VersionInfo {
  const version = packageVersion();
  const [major = '', minor = ''] = version.split('.');
  return {
    major,
    minor,
    gitVersion: `v${version}`,
    gitCommit: '',
    gitTreeState: '',
    buildDate: '',
    goVersion: '',
    compiler: `node ${process.version}`,
    platform: `${process.platform}/${goArchitectures[process.arch] ?? process.arch}`,
  };
}
