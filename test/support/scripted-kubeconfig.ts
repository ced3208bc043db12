/** Returns the text of a kubeconfig file for one server and one bearer token. */
export const kubeconfigText = (server: string, caPem: string, token: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'scripted',
    clusters: [
      {
        name: 'scripted',
        cluster: { server, 'certificate-authority-data': Buffer.from(caPem).toString('base64') },
      },
    ],
    users: [{ name: 'adapter', user: { token } }],
    contexts: [{ name: 'scripted', context: { cluster: 'scripted', user: 'adapter' } }],
  });
