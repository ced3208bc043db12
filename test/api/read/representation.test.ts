import { describe, expect, it } from 'vitest';
import { objectMediaTypes } from '../../../src/api/read/encode.ts';
import { isReadByHuman, negotiate } from '../../../src/api/read/representation.ts';

const [json, yaml, protobuf] = objectMediaTypes;
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const discovery = (version: string) =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;

describe('an Accept header', () => {
  it.each<[client: string, accept: string | undefined, mediaType: string | undefined]>([
    ['no header', undefined, json],
    ['an empty header', '', json],
    ['curl', '*/*', json],
    ['the horizontal pod autoscaler', 'application/vnd.kubernetes.protobuf, */*', protobuf],
    ['client-go for built-in types', 'application/vnd.kubernetes.protobuf,application/json', protobuf],
    ['client-go with only protobuf', 'application/vnd.kubernetes.protobuf', protobuf],
    ['client-go, dynamic', 'application/json', json],
    ['kubectl get --raw', 'application/json, */*', json],
    ['kubectl get', `${table},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`, json],
    ['a Table without a fallback', table, undefined],
    ['kubectl discovery of 1.30', `${discovery('v2')},application/json`, json],
    ['the aggregator, which accepts nothing else', discovery('v2'), undefined],
    ['client-go with CBOR', 'application/cbor, application/json;q=0.9', json],
    ['only CBOR', 'application/cbor', undefined],
    ['HTML', 'text/html', undefined],
    ['Firefox', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', json],
    [
      'Chrome',
      'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
      json,
    ],
    [
      'Prometheus',
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
      json,
    ],
    ['Go http and Java', 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2', json],
    ['YAML', 'application/yaml', yaml],
    ['YAML rather than JSON', 'application/json;q=0.5, application/yaml', yaml],
    ['YAML slightly less than JSON', 'application/yaml;q=0.9,application/json', json],
    ['two equal types: the first', 'application/yaml,application/json', yaml],
    ['anything, and a named type first', '*/*, application/yaml', yaml],
    ['any subtype', 'application/*', json],
    ['any subtype of text', 'text/*', undefined],
    ['a subtype without a type', '*/json', undefined],
    ['an upper-case type', 'Application/YAML', yaml],
    ['white space', '  application/yaml ; q=1 ,\t*/* ', yaml],
    ['a character set', 'application/json; charset=utf-8', json],
    ['a refusal', 'application/json;q=0', undefined],
    ['a refusal of everything', '*/*;q=0', undefined],
    ['only JSON', '*/*;q=0, application/json', json],
    ['anything but JSON', 'application/json;q=0, */*', yaml],
    ['a quality that is not a number', 'application/yaml;q=high, application/json;q=0.1', json],
    ['a watch', 'application/json;stream=watch', json],
    ['another stream', 'application/json;stream=other', undefined],
    ['another server version', 'application/json;sv=v1', undefined],
    ['a text without a slash', 'json', undefined],
    ['too many slashes', 'application/json/v1', undefined],
    ['empty clauses', ',,application/yaml,', yaml],
    ['more text than is read', `*/*${',a/b'.repeat(1100)}`, undefined],
  ])('of %s (%s) gets %s', (_, accept, mediaType) => {
    expect(negotiate(accept, objectMediaTypes)?.mediaType).toBe(mediaType);
  });

  it('is indented on pretty=1', () => {
    const prettyOf = (accept: string) => negotiate(accept, objectMediaTypes)?.pretty;
    expect(prettyOf('application/json;pretty=1')).toBe(true);
    expect(prettyOf('application/json;pretty=0')).toBe(false);
    expect(prettyOf('application/json')).toBe(false);
  });

  it('with a transform is matched if the server supports it', () => {
    const choose = (accept: string) =>
      negotiate(accept, objectMediaTypes, (transform) => transform?.version === 'v2beta1');
    // kubectl 1.27: both versions, then the old discovery.
    expect(choose(`${discovery('v2')},${discovery('v2beta1')},application/json`)).toEqual({
      mediaType: json,
      transform: { group: 'apidiscovery.k8s.io', version: 'v2beta1', kind: 'APIGroupDiscoveryList' },
      pretty: false,
    });
    expect(choose('application/json, */*')).toBeUndefined();
    expect(choose('application/json;v=v2beta1')?.transform).toEqual({
      group: '',
      version: 'v2beta1',
      kind: '',
    });
  });
});

describe('JSON is indented', () => {
  it.each([
    ['true', undefined, true],
    ['1', undefined, true],
    ['T', undefined, true],
    ['false', 'curl/8.5.0', false],
    ['0', 'curl/8.5.0', false],
    ['yes', undefined, false],
    ['', 'curl/8.5.0', true],
    [undefined, 'curl/8.5.0', true],
    [undefined, 'Wget/1.21.4', true],
    [undefined, 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', true],
    [undefined, 'kubectl/v1.35.0 (linux/amd64) kubernetes/66452049', false],
    [undefined, 'kube-controller-manager/v1.35.0', false],
    [undefined, 'libcurl', false],
    [undefined, undefined, false],
    [['true', 'true'], undefined, false],
  ])('with ?pretty=%s for %s: %s', (pretty, userAgent, expected) => {
    expect(isReadByHuman(pretty, userAgent)).toBe(expected);
  });
});
