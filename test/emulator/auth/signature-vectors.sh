#!/bin/sh
# Computes the vectors of signature.test.ts with openssl alone, from the rule:
# https://www.alibabacloud.com/help/en/sls/developer-reference/request-signatures
set -eu
secret=test-secret
scope=20220721/cn-hangzhou/sls/aliyun_v4_request
body='{"from":1658432000,"to":1658432015,"query":"*"}'
md5=$(printf %s "$body" | openssl dgst -md5 -r | cut -d' ' -f1 | tr a-f A-F)
sha=$(printf %s "$body" | openssl dgst -sha256 -r | cut -d' ' -f1)
empty=$(printf '' | openssl dgst -sha256 -r | cut -d' ' -f1)

echo "v1 GetLogs, hmac-sha1:"
printf 'GET\n\n\nThu, 21 Jul 2022 19:34:58 GMT\nx-log-apiversion:0.6.0\nx-log-bodyrawsize:0\nx-log-signaturemethod:hmac-sha1\n/logstores/nginx-ingress?from=1658432000&line=100&offset=0&query=* | select count(*) as n&reverse=false&to=1658432015&type=log' |
  openssl dgst -sha1 -hmac "$secret" -binary | openssl base64

echo "v1 GetLogsV2, hmac-sha256:"
printf 'POST\n%s\napplication/json\nThu, 21 Jul 2022 19:34:58 GMT\nx-acs-security-token:token-1\nx-log-apiversion:0.6.0\nx-log-bodyrawsize:47\nx-log-signaturemethod:hmac-sha256\n/logstores/nginx-ingress/logs' "$md5" |
  openssl dgst -sha256 -hmac "$secret" -binary | openssl base64

mac() { openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -r | cut -d' ' -f1; }
key=$(printf 20220721 | openssl dgst -sha256 -hmac "aliyun_v4$secret" -r | cut -d' ' -f1)
for part in cn-hangzhou sls aliyun_v4_request; do key=$(printf %s "$part" | mac "$key"); done
sign4() { printf 'SLS4-HMAC-SHA256\n20220721T193458Z\n%s\n%s' "$scope" "$(openssl dgst -sha256 -r | cut -d' ' -f1)" | mac "$key"; }

echo "v4 GetLogsV2:"
printf 'POST\n/logstores/nginx-ingress/logs\n\ncontent-type:application/json\nhost:k8s-log-c1.cn-hangzhou.log.aliyuncs.com\nx-log-apiversion:0.6.0\nx-log-bodyrawsize:47\nx-log-content-sha256:%s\nx-log-date:20220721T193458Z\n\ncontent-type;host;x-log-apiversion;x-log-bodyrawsize;x-log-content-sha256;x-log-date\n%s' "$sha" "$sha" | sign4

echo "v4 GetLogs:"
printf 'GET\n/logstores/nginx-ingress\nfrom=1&query=%%2A%%20%%7C%%20select%%201&to=2&type=log\nhost:k8s-log-c1.cn-hangzhou.log.aliyuncs.com\nx-log-apiversion:0.6.0\nx-log-content-sha256:%s\nx-log-date:20220721T193458Z\n\nhost;x-log-apiversion;x-log-content-sha256;x-log-date\n%s' "$empty" "$empty" | sign4
