import type { Scenario } from "./scenario.ts";
import { broadcast } from "./scenarios/broadcast.ts";
import { embed } from "./scenarios/embed.ts";
import { idle } from "./scenarios/idle.ts";
import { lobby, lobbyRush } from "./scenarios/lobby.ts";
import { quic } from "./scenarios/quic.ts";
import { register } from "./scenarios/register.ts";
import { relay } from "./scenarios/relay.ts";
import { storm } from "./scenarios/storm.ts";

/** Everything the bench can be asked for, in the order of its reports. A new scenario is a file and a line here. */
export const SCENARIOS: readonly Scenario[] = [
  relay,
  broadcast,
  embed,
  idle,
  register,
  lobby,
  lobbyRush,
  quic,
  storm,
];
