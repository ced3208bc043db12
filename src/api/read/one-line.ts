/** The ends of lines among them. */
const controlCharacters = /[\p{Cc}\u2028\u2029]+/gu;

/** What is shown on terminals and in events, where names and paths of the asker's stand in it. */
export const oneLine = (text: string): string => text.replace(controlCharacters, ' ');
