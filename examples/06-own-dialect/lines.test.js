import { describeDialect } from "parlor/testing";
import { lines } from "./lines.js";

// Thousands of garbled messages, every event, every refusal and every goodbye: docs/spec/dialects.md.
describeDialect("lines", {
  open: () => lines(),
  // What a newcomer says until it is somebody, and what it may say then.
  greeting: ["/name ada"],
  messages: ["/join kitchen", "hello", "/name bob", "/join", 'what is "this"?', Uint8Array.of(1, 2, 3)],
});
