import type { FishMessage } from "./signal-fish.ts";
import { StrictFish } from "./strict-fish.ts";
import { TextSocket } from "./text-socket.ts";

/** A client over a real socket, read as strictly as the strictest. */
export class Fish {
  #strict: StrictFish;

  constructor(
    readonly socket: TextSocket,
    version: 2 | 3,
  ) {
    this.#strict = new StrictFish(version);
  }

  static async connect(at: string, version: 2 | 3 = 2): Promise<Fish> {
    const fish = new Fish(await TextSocket.open(`ws://${at}/v${version}/ws`), version);
    fish.say("Authenticate", { app_id: "e2e-test-app" });
    await fish.hear("ProtocolInfo");
    return fish;
  }

  say(type: string, data?: object): void {
    this.#strict.asked(type, { ...data });
    this.socket.send(JSON.stringify({ type, ...(data && { data }) }));
  }

  /** From now on what is heard is judged as a client of that version would. */
  speaks(version: 2 | 3): void {
    this.#strict = new StrictFish(version);
  }

  async next(): Promise<FishMessage> {
    const text = await this.socket.next();
    this.#strict.readText(text);
    return JSON.parse(text) as FishMessage;
  }

  /** The next message of that type, or of one of these; everything before it is read too. */
  async hear(type: string | readonly string[]): Promise<FishMessage> {
    for (;;) {
      const message = await this.next();
      if ([type].flat().includes(message.type)) return message;
    }
  }

  async join(name: string, code: string): Promise<FishMessage> {
    this.say("JoinRoom", { game_name: "reef", player_name: name, room_code: code, max_players: 8 });
    return this.hear("RoomJoined");
  }
}
