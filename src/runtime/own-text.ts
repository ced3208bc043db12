/**
 * The same text in memory of its own, for whoever keeps it. What Node hands over of a request over HTTP/2 lies in a
 * buffer of that request, which each garbage collection must look after for as long as anybody holds it.
 */
export const ownText = (text: string): string => JSON.parse(JSON.stringify(text)) as string;
