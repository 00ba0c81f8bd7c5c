// fast-check's model-based commands on the small session API.
//   node fastcheck.mjs --table faults.json --seeds 10 --calls 20000 [--plain]
// Prints what columns/common.py describes. --plain draws flags as 32-bit integers.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import fc from "fast-check";
import { Referee } from "../small/api.mjs";

const { values } = parseArgs({
  options: {
    table: { type: "string", default: "faults.json" },
    seeds: { type: "string", default: "10" },
    calls: { type: "string", default: "20000" },
    only: { type: "string", default: "" },
    plain: { type: "boolean", default: false },
  },
});

class Spent extends Error {}

const bit = fc.integer({ min: 0, max: 31 }).map((n) => (1 << n) >>> 0);
const flags = (...legal) =>
  values.plain
    ? fc.oneof(fc.constant(legal[0]), fc.integer({ min: 0, max: 0xffffffff }))
    : fc.oneof(fc.constantFrom(...legal), bit);
const index = fc.nat(1000);

// A command holds what was drawn; which object an index means depends on what is live then.
class Step {
  constructor(name, make) {
    this.name = name;
    this.make = make;
  }
  check(model) {
    return this.make(model.referee) !== undefined;
  }
  run(model, counts) {
    if (!counts.found && counts.spent >= counts.budget) throw new Spent();
    counts.spent++;
    model.steps++;
    if (model.referee.differs(this.make(model.referee))) {
      counts.found ||= counts.spent;
      counts.length = model.steps;
      throw new Error("differs");
    }
  }
  toString() {
    return this.name;
  }
}

const pick = (list, n) => list[n % list.length];
const step = (name, arbitrary, make) =>
  arbitrary.map((drawn) => new Step(name, (referee) => make(referee.live, drawn, referee)));

const PARTS = {
  imsg: [
    step("open", fc.tuple(fc.boolean(), flags(0, 0x80000000), fc.boolean()), (_, [a, f, o]) => ["open", Number(a), f, Number(o)]),
    step("open", fc.constant(0), () => ["open", 1, 0, 1]),
    step("create", fc.tuple(index, flags(0, 1)), ({ session }, [n, f]) => ["create", pick([-1, ...session], n), f]),
    step("addref", index, ({ message }, n) => (message.length ? ["addref", pick(message, n)] : undefined)),
    step("release", index, ({ message }, n) => (message.length ? ["release", pick(message, n)] : undefined)),
    step("close", index, ({ session }, n) => (session.length ? ["close", pick(session, n)] : undefined)),
    step("look", fc.constant(0), () => ["look"]),
  ],
  simple: [
    step("logon", flags(0, 2), (_, f) => ["logon", f]),
    step("logoff", fc.tuple(index, flags(0)), ({ handle }, [n, f], { dead }) => ["logoff", pick([...handle, ...dead, -1, -2], n), f]),
    step("find", index, ({ handle }, n, { dead }) => ["find", pick([...handle, ...dead, -1, -2], n)]),
    step("look", fc.constant(0), () => ["look"]),
  ],
};

function hunt(row, seed, budget) {
  const counts = { spent: 0, found: 0, length: null, budget };
  const setup = () => ({ model: { referee: new Referee(row.part, row.fault), steps: 0 }, real: counts });
  const commands = fc.commands(PARTS[row.part], values.plain ? {} : { maxCommands: 100, size: "max" });
  const property = fc.property(commands, (drawn) => {
    if (!counts.found && counts.spent >= budget) throw new Spent();
    fc.modelRun(setup, drawn);
  });
  const numRuns = values.plain ? Math.max(100, budget) : Math.max(2000, budget);
  fc.check(property, { seed, numRuns, endOnFailure: false });
  return counts;
}

const table = new URL(`../small/${values.table}`, import.meta.url);
for (const row of JSON.parse(readFileSync(fileURLToPath(table), "utf8"))) {
  if (values.only && values.only !== row.name) continue;
  for (let seed = 0; seed < Number(values.seeds); seed++) {
    const start = performance.now();
    const counts = hunt(row, seed, Number(values.calls));
    const found = counts.found > 0;
    console.log(
      JSON.stringify({
        fault: row.name,
        seed,
        found,
        calls: found ? counts.found : counts.spent,
        length: found ? counts.length : null,
        seconds: Number(((performance.now() - start) / 1000).toFixed(4)),
        spent: counts.spent,
      }),
    );
  }
}
