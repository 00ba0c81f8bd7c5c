// Reads JSON lines {"part", "fault", "operations"}; answers each with the results, or "lost".
import { createInterface } from "node:readline";
import { Instance } from "./api.mjs";

for await (const line of createInterface({ input: process.stdin })) {
  const { part, fault, operations } = JSON.parse(line);
  const instance = new Instance(part, fault);
  const results = [];
  for (const operation of operations) {
    try {
      results.push(instance.perform(operation));
    } catch {
      results.push("lost");
      break;
    }
  }
  console.log(JSON.stringify(results));
}
