/** V8 takes at most 30 MB and 0.1 s for a text of this length. */
const smallLength = 1024 * 1024;

/**
 * Of an object as long as etcd allows, see `mostObjectBytes`. In the protobuf of its 1.5 MiB, each object or array takes at
 * least four bytes.
 *
 * @bound {mostObjects} objects and arrays in a long text | up to 200 bytes each | - | a constant
 */
const mostObjects = 400_000;
/** The same, with their texts and numbers. @bound {mostValues} values in a long text | up to 90 bytes each | - | a constant */
const mostValues = 1_000_000;

const [quote, backslash, comma, openingBracket, openingBrace] = [0x22, 0x5c, 0x2c, 0x5b, 0x7b];

/** Whether `JSON.parse` would take too much memory: of `[[[[`, it takes sixty times that of the text. */
export function hasTooManyValues(text: string): boolean {
  if (text.length <= smallLength) return false;
  let [objects, commas] = [0, 0];
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) isInString = !isInString;
    else if (isInString) at += code === backslash ? 1 : 0;
    else if (code === comma) commas += 1;
    else if (code === openingBracket || code === openingBrace) objects += 1;
  }
  return objects > mostObjects || objects + commas > mostValues;
}
