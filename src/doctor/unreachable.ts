import type { AdapterError } from '../errors.ts';
import type { Endpoint } from '../sls/endpoint.ts';
import { failed, type Finding } from './check.ts';

/** Codes of the system for names that nobody knows. */
const unknownName = new Set(['ENOTFOUND', 'EAI_NONAME', 'EAI_NODATA']);

const insideVpc = /^(.*)-intranet\.log\.aliyuncs\.com$/;
const publicHost = /^(.*)\.log\.aliyuncs\.com$/;

/**
 * Why SLS was not reached, by what the system says and which network the endpoint is in.
 *
 * @param isChosen whether the selector chose the endpoint inside the VPC
 */
export function unreachable(
  error: AdapterError,
  { hostname, authority }: Endpoint,
  isChosen: boolean,
): Finding {
  const code = codeOf(error.cause);
  const region = insideVpc.exec(hostname)?.[1];
  if (unknownName.has(code))
    return failed(
      error.what,
      publicHost.test(hostname)
        ? 'There is no such region, or it has no SLS. Write the region of the project, which the SLS console shows beside it:'
        : 'Correct sls.endpoint, or leave it out and write the region of the project:',
      '--region cn-hangzhou',
    );
  if (code === 'EAI_AGAIN')
    return failed(error.what, 'The name service does not answer: check the DNS of the pod (CoreDNS).');
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(code))
    return failed(
      error.what,
      'Something on the way to SLS answers with a certificate of its own: have that proxy let the endpoint through as it is.',
    );
  if (region !== undefined) {
    const label = isChosen ? ', and leave sls.internal.endpoint=true out of the selector' : '';
    const remedy = `This is the endpoint inside the VPC: it answers only in region ${region}. From elsewhere ask over the internet${label}:`;
    return failed(error.what, remedy, '--network public');
  }
  const publicRegion = publicHost.exec(hostname)?.[1];
  if (publicRegion !== undefined)
    return failed(
      error.what,
      `This is the public endpoint: a pod needs a NAT gateway or an EIP to get there. In a VPC of region ${publicRegion} ask inside:`,
      '--network intranet',
    );
  return failed(
    error.what,
    `Check that something listens at ${authority}, and that no firewall or NetworkPolicy stands between.`,
  );
}

/** Of the first error below it that has one: `ENOTFOUND` and the like. */
function codeOf(cause: unknown): string {
  const { code, cause: below } = (cause ?? {}) as { readonly code?: unknown; readonly cause?: unknown };
  if (typeof code === 'string') return code;
  return below === undefined ? '' : codeOf(below);
}
