export { type MemoryPair, type MemoryPairOptions, memoryPair } from "../transports/memory.ts";
export { describeBroker, type SkippedRules } from "./broker-contract.ts";
export { type DialectUnderTest, describeDialect } from "./dialect-contract.ts";
export { type Embedded, embedded, type Joining } from "./embedding.ts";
export { describeLink, type LinkPair, type OpenLinkPair, type TestPeer } from "./link-contract.ts";
export { TextSocket } from "./text-socket.ts";
