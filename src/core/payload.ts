/**
 * What peers say to each other. Opaque: carried as it arrived, parsed only to be validated and routed, never rebuilt.
 *
 * A payload keeps the form it came in; a dialect that speaks another form converts it when it encodes.
 */
export type Payload =
  /** One JSON value as text. `text` may be computed on first use. */
  | { readonly form: "json"; readonly text: string }
  /** One MessagePack value. */
  | { readonly form: "msgpack"; readonly bytes: Uint8Array }
  /** Bytes that mean something to the peers only. */
  | { readonly form: "bytes"; readonly bytes: Uint8Array };

/** A payload of JSON text. The caller vouches that `text` is valid JSON. */
export function jsonPayload(text: string): Payload {
  return { form: "json", text };
}

/** About how many bytes of memory a payload holds; text counts one byte per character. */
export function payloadSize(payload: Payload): number {
  return payload.form === "json" ? payload.text.length : payload.bytes.byteLength;
}
