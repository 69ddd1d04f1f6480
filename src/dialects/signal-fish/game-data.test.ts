import { pack } from "msgpackr";
import { describe, expect, it } from "vitest";
import { type FishClient, fishTank } from "../../testing/signal-fish.ts";
import { binaryFrame } from "./binary-frame.ts";
import { msgpackToJson } from "./msgpack-to-json.ts";

const raw = (client: FishClient) => client.drain();
const hex = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString("hex");

/** Clients of each version and format in one room, in the order of joining; nothing that was heard is left. */
async function mixedRoom() {
  const tank = fishTank();
  const [ada, bob, eve, zoe] = [
    await tank.connect({ game_data_format: "message_pack" }),
    await tank.connect({ path: "/v3/ws" }),
    await tank.connect({ path: "/v3/ws", game_data_format: "message_pack" }),
    await tank.connect(),
  ];
  const clients = { ada, bob, eve, zoe };
  const ids: Record<string, string> = {};
  for (const [name, client] of Object.entries(clients)) {
    ids[name] = String((await tank.join(client, name, "ABC123")).data?.player_id);
  }
  await tank.settle();
  for (const client of tank.clients) {
    client.take();
    client.drain();
  }
  return { ...tank, ...clients, ids };
}

describe("game data", () => {
  it("[SF70] [SF80] [SF1] goes as the very text that arrived to all others", async () => {
    const { ada, bob, eve, zoe, ids, settle, clients } = await mixedRoom();

    await ada.sayRaw('{"type":"GameData","data":{"x":1, "data" : {"n":12345678901234567890, "b":[ ]} }}');
    await settle();

    const text = '{"n":12345678901234567890, "b":[ ]}';
    const v2 = `{"type":"GameData","data":{"from_player":"${ids.ada}","data":${text}}}`;
    const v3 = `{"type":"GameData","data":{"from_player":"${ids.ada}","data":${text},"seq":1,"epoch":1}}`;
    expect([raw(ada), raw(bob), raw(eve), raw(zoe)]).toEqual([[], [v3], [v3], [v2]]);
    expect(clients.map(({ complaint }) => complaint)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it.each(["null", "1", '"text"', "[]", "false"])("[SF70] may be %s", async (value) => {
    const { ada, zoe, settle, ids } = await mixedRoom();

    await ada.sayRaw(`{"type":"GameData","data":{"data":${value}}}`);
    await settle();
    expect(raw(zoe)).toEqual([`{"type":"GameData","data":{"from_player":"${ids.ada}","data":${value}}}`]);
  });

  it.each([
    ['{"type":"GameData","data":{"data":{"a":{"b":1}}}}', '{"a":{"b":1}}'],
    ['{"type":"GameData","data":{"data":1},"x":{"y":2}}', "1"],
    ['{"type":"GameData","data":{"data":1,"x":{"y":{}}}}', "1"],
    ['{"type":"GameData","data":{"data":{"data":{"data":{}}}}}', '{"data":{"data":{}}}'],
    ['{"type":"GameData","data":{"data": "}}" }}', '"}}"'],
  ])("[SF70] of %s is %s", async (message, told) => {
    const { ada, zoe, settle, ids } = await mixedRoom();

    await ada.sayRaw(message);
    await settle();
    const text = String(raw(zoe)[0]);
    expect(JSON.parse(text)).toEqual({
      type: "GameData",
      data: { from_player: ids.ada, data: JSON.parse(told) },
    });
  });

  it.each([
    '{"type":"GameData","data":{"data":1,"data":{"a":{}}}}',
    '{"type":"GameData","data":{"data":}}',
    '{"type":"GameData","data":{"data":1}}}}',
    '{"type":"GameData","data":{"data":1 2}}',
  ])("[SF3] is not %s", async (message) => {
    const { ada, zoe, settle } = await mixedRoom();

    expect(await ada.sayRaw(message)).toMatchObject([
      { type: "Error", data: { error_code: "INVALID_INPUT" } },
    ]);
    await settle();
    expect(raw(zoe)).toEqual([]);
  });

  it("[SF70] goes nowhere without a seat", async () => {
    const { connect } = fishTank();
    const [two, three] = [
      await connect({ game_data_format: "message_pack" }),
      await connect({ path: "/v3/ws", game_data_format: "message_pack" }),
    ];
    const notInRoom = [{ type: "Error", data: { error_code: "NOT_IN_ROOM" } }];

    expect(await two.say("GameData", { data: 1 })).toEqual([]);
    expect(await two.sayRaw(Uint8Array.of(1))).toEqual([]);
    expect(await three.say("GameData", { data: 1 })).toMatchObject(notInRoom);
    expect(await three.sayRaw(Uint8Array.of(1))).toMatchObject(notInRoom);
  });

  it("[SF71] goes as bytes to those who take them, and as JSON to the others", async () => {
    const { ada, bob, eve, zoe, ids, settle } = await mixedRoom();
    const payload = pack({ op: "move", at: [1, -2.5, null, true], id: 2n ** 60n });
    const text = '{"op":"move","at":[1,-2.5,null,true],"id":1152921504606846976}';

    await eve.sayRaw(payload);
    await eve.sayRaw(payload);
    await settle();

    const from = String(ids.eve);
    expect(raw(ada).map(hex)).toEqual(Array(2).fill(hex(binaryFrame(from, payload, undefined))));
    expect(raw(bob)).toEqual([
      `{"type":"GameData","data":{"from_player":"${from}","data":${text},"seq":1,"epoch":1}}`,
      `{"type":"GameData","data":{"from_player":"${from}","data":${text},"seq":2,"epoch":1}}`,
    ]);
    expect(raw(zoe)[0]).toBe(`{"type":"GameData","data":{"from_player":"${from}","data":${text}}}`);
    await ada.sayRaw(payload);
    await settle();
    expect(raw(eve).map(hex)).toEqual([hex(binaryFrame(String(ids.ada), payload, { epoch: 1, seq: 1 }))]);
  });

  it("[SF71] is framed byte by byte as other servers do", () => {
    const from = "00112233-4455-6677-8899-aabbccddeeff";
    const payload = Uint8Array.of(1, 2);

    expect(hex(binaryFrame(from, payload, { epoch: 1, seq: 43 })).toUpperCase()).toBe(
      "85AB66726F6D5F706C61796572C41000112233445566778899AABBCCDDEEFFA8656E636F64696E67AC6D6573736167655F7061636BA77061796C6F6164C4020102A37365712BA565706F636801",
    );
    expect(hex(binaryFrame(from, payload, undefined)).toUpperCase()).toBe(
      "83AB66726F6D5F706C61796572C41000112233445566778899AABBCCDDEEFFA8656E636F64696E67AC6D6573736167655F7061636BA77061796C6F6164C4020102",
    );
  });

  it.each([
    [255, "c4ff"],
    [256, "c50100"],
    [65_536, "c600010000"],
  ])("[SF71] says that a payload has %i bytes", (length, head) => {
    const from = "00112233-4455-6677-8899-aabbccddeeff";
    const frame = hex(binaryFrame(from, new Uint8Array(length), undefined));
    expect(frame).toContain(`a77061796c6f6164${head}00`);
  });

  it.each([
    [127, "7f"],
    [128, "cc80"],
    [256, "cd0100"],
    [65_536, "ce00010000"],
    [2 ** 32, "cf0000000100000000"],
  ])("[SF71] writes the number %i", (seq, written) => {
    const frame = hex(
      binaryFrame("00112233-4455-6677-8899-aabbccddeeff", new Uint8Array(0), { epoch: 1, seq }),
    );
    expect(frame.endsWith(`a3736571${written}a565706f636801`)).toBe(true);
  });

  it("[SF72] is no bytes for a link that agreed on JSON", async () => {
    const { zoe, bob, ada } = await mixedRoom();

    for (const client of [zoe, bob]) {
      expect(await client.sayRaw(Uint8Array.of(1))).toMatchObject([
        {
          type: "Error",
          data: { message: "Binary payloads are disabled for this connection", error_code: "INVALID_INPUT" },
        },
      ]);
    }
    expect(raw(ada)).toEqual([]);
  });

  it("[SF73] that JSON cannot say leaves a gap that is told", async () => {
    const { ada, bob, eve, zoe, ids, settle, clients } = await mixedRoom();
    await ada.say("GameData", { data: 1 });
    await settle();
    for (const client of clients) client.drain();

    await ada.sayRaw(pack(Buffer.of(1, 2)));
    await ada.say("GameData", { data: 3 });
    await settle();

    const gap = `{"from_player":"${ids.ada}","epoch":1,"from_seq":2,"to_seq":2,"reason":"unsupported_format"}`;
    expect(raw(bob)).toEqual([
      `{"type":"DeliveryReport","data":{"per_class":{"reliable":{"delivered":1,"abandoned":0,"unsupported_format":1},"latest":{"delivered":0,"superseded":0,"dropped_full":0,"abandoned":0,"unsupported_format":0},"volatile":{"delivered":0,"dropped":0,"abandoned":0,"unsupported_format":0}},"gaps":[${gap}]}}`,
      '{"type":"Error","data":{"message":"Game data could not be converted to json","error_code":"UNSUPPORTED_GAME_DATA_FORMAT"}}',
      `{"type":"GameData","data":{"from_player":"${ids.ada}","data":3,"seq":3,"epoch":1}}`,
    ]);
    expect(zoe.take()).toMatchObject([
      { type: "Error", data: { error_code: "UNSUPPORTED_GAME_DATA_FORMAT" } },
      { type: "GameData" },
    ]);
    expect(raw(eve)).toHaveLength(2);
    expect(bob.complaint).toBeUndefined();
  });

  it("[SF74] [SF80] goes with the class and key of its sender", async () => {
    const { ada, bob, eve, zoe, settle } = await mixedRoom();
    const pairs = ['"class":"reliable"', '"class":"latest","key":7', '"class":"volatile"'];

    for (const pair of pairs) await bob.sayRaw(`{"type":"GameData","data":{"data":0,${pair}}}`);
    await settle();

    const told = raw(eve).map(String);
    pairs.forEach((pair, i) => {
      expect(told[i]).toContain(`"data":0,"seq":${i + 1},"epoch":1,${pair}}}`);
    });
    for (const client of [ada, zoe]) expect(String(raw(client))).not.toContain("class");
  });

  it.each([
    ['"class":"latest"', "INVALID_DELIVERY_CLASS"],
    ['"class":"volatile","key":1', "INVALID_DELIVERY_CLASS"],
    ['"class":"reliable","key":1', "INVALID_DELIVERY_CLASS"],
    ['"key":1', "INVALID_DELIVERY_CLASS"],
    ['"class":"fast"', "INVALID_INPUT"],
    ['"class":null', "INVALID_INPUT"],
    ['"class":"latest","key":null', "INVALID_INPUT"],
    ['"class":"latest","key":4294967296', "INVALID_INPUT"],
    ['"class":"latest","key":1.5', "INVALID_INPUT"],
  ])("[SF74] refuses %s as %s, and no number is lost", async (pair, code) => {
    const { bob, eve, settle } = await mixedRoom();

    expect(await bob.sayRaw(`{"type":"GameData","data":{"data":0,${pair}}}`)).toMatchObject([
      { type: "Error", data: { error_code: code } },
    ]);
    await bob.say("GameData", { data: 1 });
    await settle();
    expect(eve.take()).toMatchObject([{ data: { seq: 1 } }]);
  });

  it("[SF74] has no classes in version 2", async () => {
    const { zoe, ada } = await mixedRoom();

    expect(await zoe.say("GameData", { data: 0, class: "reliable" })).toMatchObject([
      { type: "Error", data: { error_code: "INVALID_DELIVERY_CLASS" } },
    ]);
    expect(raw(ada)).toEqual([]);
  });

  it("[SF80] counts without a hole, text and bytes together, also for those who come late", async () => {
    const { connect, join, ada, eve, bob, settle, clients } = await mixedRoom();
    for (let i = 0; i < 2_000; i++) {
      ada.sayAtOnce(i % 2 === 0 ? `{"type":"GameData","data":{"data":${i}}}` : pack(i));
    }
    await settle();
    const late = await connect({ path: "/v3/ws" });
    const joined = await join(late, "late", "ABC123");
    await ada.say("GameData", { data: "after" });
    await settle();

    expect(bob.take().filter(({ type }) => type === "GameData")).toHaveLength(2_001);
    expect(joined.data?.current_players).toMatchObject([{ epoch: 1, seq: 2_000 }, {}, {}, {}, {}]);
    expect(late.take().at(-1)).toMatchObject({ type: "GameData", data: { seq: 2_001, epoch: 1 } });
    expect(eve.raw.filter((each) => typeof each !== "string")).toHaveLength(1_000);
    expect(clients.map(({ complaint }) => complaint)).toEqual(Array(5).fill(undefined));
  });

  it("[SF80] counts anew with each stay, and stays are counted", async () => {
    const { ada, bob, join, settle } = await mixedRoom();
    await ada.say("GameData", { data: 1 });
    await ada.say("LeaveRoom");
    await settle();
    expect(bob.take()).toMatchObject([{}, { type: "PlayerLeft", data: { epoch: 1, final_seq: 1 } }, {}]);

    await join(ada, "ada", "ABC123");
    await ada.say("GameData", { data: 2 });
    await settle();

    expect(bob.take()).toMatchObject([
      { type: "PlayerJoined", data: { player: { epoch: 2, seq: 0 } } },
      { type: "GameData", data: { epoch: 2, seq: 1 } },
    ]);
    expect(bob.complaint).toBeUndefined();
  });
});

describe("MessagePack as JSON", () => {
  it.each([
    ["00", "0"],
    ["7f", "127"],
    ["ff", "-1"],
    ["e0", "-32"],
    ["c0", "null"],
    ["c2", "false"],
    ["c3", "true"],
    ["ccff", "255"],
    ["cdffff", "65535"],
    ["ceffffffff", "4294967295"],
    ["cfffffffffffffffff", "18446744073709551615"],
    ["d080", "-128"],
    ["d18000", "-32768"],
    ["d280000000", "-2147483648"],
    ["d38000000000000000", "-9223372036854775808"],
    ["ca3fc00000", "1.5"],
    ["cb8000000000000000", "-0.0"],
    ["a3e282ac", '"€"'],
    ["d90161", '"a"'],
    ["da000161", '"a"'],
    ["db0000000161", '"a"'],
    ["920102", "[1,2]"],
    ["dc000101", "[1]"],
    ["dd0000000101", "[1]"],
    ["81a16101", '{"a":1}'],
    ["de0001a16101", '{"a":1}'],
    ["df00000001a16101", '{"a":1}'],
    ["a4efbbbf61", '"\ufeffa"'],
  ])("[SF71] %s is %s", (bytes, text) => {
    expect(msgpackToJson(Buffer.from(bytes, "hex"))).toBe(text);
  });

  it.each([
    ["", "nothing"],
    ["0000", "two values"],
    ["c1", "an unused tag"],
    ["c40101", "bytes"],
    ["d40101", "an extension"],
    ["c70001", "an empty extension"],
    ["810101", "a number as a key"],
    ["81c001", "nil as a key"],
    ["cb7ff0000000000000", "infinity"],
    ["ca7fc00000", "not a number"],
    ["a2c328", "broken UTF-8"],
    ["a5616263", "a text that is cut off"],
    ["dbffffffff61", "a text that cannot be that long"],
    ["ddffffffff", "a list that cannot be that long"],
    ["dfffffffff", "a map that cannot be that long"],
    ["cd00", "a number that is cut off"],
    [`${"91".repeat(200)}00`, "200 lists in each other"],
  ])("[SF73] does not say %s (%s)", (bytes) => {
    expect(msgpackToJson(Buffer.from(bytes, "hex"))).toBeUndefined();
  });
});
