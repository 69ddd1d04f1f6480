import type { Capability } from "./ticket.ts";

interface WordInfo {
  /**
   * Who hears it: `everybody`, the speaker too; `others`; `host`, who is asked; or `asker`, the one whose question it
   * answers. A word that names a peer is heard by that peer instead.
   */
  readonly audience: "everybody" | "others" | "host" | "asker";
  readonly needs: Extract<Capability, "edit" | "read">;
  /** The word that it asks for, or that asks for it. */
  readonly pair?: string;
  /** Who hears an answer that nobody asked for. Absent: nobody may give one. */
  readonly unasked?: "others";
}

/** Everything that members of a collaboration session say to each other. */
export const COLLAB_WORDS = {
  chat: { audience: "everybody", needs: "read" },
  "file-changed": { audience: "everybody", needs: "edit" },
  replication: { audience: "others", needs: "edit" },
  "request-manifest": { audience: "host", needs: "read", pair: "manifest" },
  manifest: { audience: "asker", needs: "edit", pair: "manifest", unasked: "others" },
  "request-files": { audience: "host", needs: "read", pair: "files" },
  files: { audience: "asker", needs: "edit", pair: "files" },
  "request-tree": { audience: "host", needs: "read", pair: "tree" },
  tree: { audience: "asker", needs: "edit", pair: "tree", unasked: "others" },
  "request-file": { audience: "host", needs: "read", pair: "file" },
  "file-piece": { audience: "asker", needs: "edit", pair: "file" },
  "p2p-request": { audience: "others", needs: "read" },
  "p2p-response": { audience: "others", needs: "read" },
  "request-proxy": { audience: "others", needs: "read" },
  "proxy-data": { audience: "others", needs: "edit" },
  /** The bytes that belong to the `proxy-data` before. */
  "proxy-bytes": { audience: "others", needs: "edit" },
} as const satisfies Record<string, WordInfo>;

export type CollabWord = keyof typeof COLLAB_WORDS;

export const wordInfo = (word: CollabWord): WordInfo => COLLAB_WORDS[word];
