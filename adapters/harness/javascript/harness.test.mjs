// The harness by itself: node --test, in this directory.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import { fileURLToPath } from "node:url";

const HARNESS = fileURLToPath(new URL("harness.mjs", import.meta.url));
const BEGIN = ["begin", { family: "simple" }];

/** The responses of a fresh harness to these methods and params. */
function asked(...requests) {
  const lines = requests.map(([method, params], index) =>
    JSON.stringify({ jsonrpc: "2.0", id: index + 1, method, params }));
  const done = spawnSync(process.execPath, [HARNESS], { input: `${lines.join("\n")}\n` });
  assert.equal(done.status, 0);
  return String(done.stdout).trim().split("\n").map((line) => JSON.parse(line));
}

function logon(name) {
  const params = { ulUIParam: 0, lpszProfileName: "tester", lpszPassword: "secret" };
  return ["MAPILogon", { ...params, flFlags: 0, ulReserved: 0, lplhSession: name }];
}

function logoff(session) {
  return ["MAPILogoff", { lhSession: session, ulUIParam: 0, flFlags: 0, ulReserved: 0 }];
}

test("it says what it offers", () => {
  const [response] = asked(["initialize", { protocol: 1 }]);
  assert.equal(response.id, 1);
  assert.equal(response.result.protocol, 1);
  assert.ok(response.result.families.simple.functions.includes("MAPILogon"));
});

test("a session from logon to second logoff", () => {
  const responses = asked(
    BEGIN, logon("h1"), ["observe", {}], logoff("h1"), logoff("h1"), ["observe", {}],
  );
  const results = responses.map((response) => response.result);
  assert.equal(results[1].return, 0);
  assert.notEqual(BigInt(results[1].out.lplhSession), 0n);
  assert.deepEqual(results[2], { live: { sessions: 1 } });
  assert.deepEqual([results[3].return, results[4].return], [0, 19]);
  assert.deepEqual(results[5], { live: { sessions: 0 } });
});

test("a forged handle is no session", () => {
  const responses = asked(BEGIN, logoff({ literal: "0x100000001" }));
  assert.equal(responses[1].result.return, 19);
});

test("begin starts from nothing", () => {
  const responses = asked(BEGIN, logon("h1"), BEGIN, ["observe", {}]);
  assert.deepEqual(responses[3].result, { live: { sessions: 0 } });
});

test("what cannot be asked is said with its code", () => {
  const responses = asked(BEGIN, logon(null), ["MAPIAddress", {}]);
  assert.deepEqual(responses.slice(1).map((response) => response.error.code), [-32001, -32001]);
});

test("it ends on shutdown", () => {
  assert.equal(asked(["shutdown", {}], ["observe", {}]).length, 1);
});
