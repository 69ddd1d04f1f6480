export { describeBroker, type SkippedRules } from "./broker-contract.ts";
export { type Embedded, embedded, type Joining } from "./embedding.ts";
export { describeLink, type LinkPair, type OpenLinkPair, type TestPeer } from "./link-contract.ts";
export { TextSocket } from "./text-socket.ts";
