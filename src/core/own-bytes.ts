/**
 * Bytes in memory of their own, never shared: what `fetch`, `Blob`, `Response` and `crypto.subtle` take. It is
 * `Uint8Array<ArrayBuffer>`, in words that TypeScript before 5.7, which has no such type, reads as `Uint8Array`.
 */
export type OwnBytes = ReturnType<Uint8ArrayConstructor['of']>;
