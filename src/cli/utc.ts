/** Formats Unix seconds as `2026-11-24T02:26:16Z`. */
export const utcText = (unixSeconds: number): string =>
  new Date(unixSeconds * 1000).toISOString().replace('.000Z', 'Z');
