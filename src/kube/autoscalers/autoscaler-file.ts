import { parseAllDocuments } from 'yaml';
import { AdapterError } from '../../errors.ts';
import { isRecord, type KubeObject } from '../client/kube-object.ts';

/**
 * Returns the HPAs among the documents of a file of YAML or JSON, also those of a List.
 *
 * @param source names the file in errors, such as `--hpa hpa.yaml`
 * @throws AdapterError `HpaInvalid` if it is not YAML
 */
export function hpasIn(text: string, source: string): readonly KubeObject[] {
  try {
    return parseAllDocuments(text)
      .flatMap((document) => {
        const [broken] = document.errors;
        if (broken !== undefined) throw broken;
        return itemsOf(document.toJS());
      })
      .filter(isRecord)
      .filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
  } catch (error) {
    // The library shows the position below the first line, which ends with a colon.
    const [summary = ''] = (error as Error).message.split('\n');
    throw new AdapterError('HpaInvalid', `${source} is not YAML: ${summary.replace(/:$/, '')}`, {
      cause: error,
      remedy: 'Correct the file; kubectl apply --dry-run=client -f reads it too.',
    });
  }
}

/** `kubectl get hpa -o yaml` prints a List. */
const itemsOf = (object: unknown): readonly unknown[] =>
  isRecord(object) && Array.isArray(object['items']) ? (object['items'] as readonly unknown[]) : [object];
