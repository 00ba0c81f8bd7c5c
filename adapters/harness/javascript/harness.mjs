// A harness: it stands between the conformance suite and mail.mjs, one JSON object a line.
//
// The suite calls what `initialize` lists, and nothing else. To offer another function, list it and
// add it to CALLS. The protocol is described in docs/protocol.md of the suite.

import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { Mail, PASSWORD, PROFILE } from "./mail.mjs";

const NOT_EXPRESSIBLE = -32001; // "this binding cannot make that call": it counts for nothing
const BAD_PARAMS = -32602;

let mail = new Mail();
const names = new Map(); // what the suite calls the values that it was given

/** The call cannot be made; the suite is told why. */
class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** Says who is here, and which functions are offered. */
function initialize(params) {
  if (params.protocol !== 1) throw new Refused(BAD_PARAMS, "only protocol 1 is spoken here");
  const simple = {
    functions: ["MAPILogon", "MAPILogoff"],
    observes: ["live"],
    null_arguments: false, // there is no NULL pointer to pass for an out parameter
  };
  const who = { name: "my mail", version: "0.1", language: "JavaScript" };
  return { protocol: 1, implementation: who, families: { simple } };
}

/** Starts from nothing: no session is open, and no name is bound. */
function begin() {
  mail = new Mail();
  names.clear();
  return {};
}

/** Counts what can be seen without a call: this is how leaks are found. */
function observe() {
  return { live: { sessions: mail.liveSessions() } };
}

function logon(params) {
  const out = params.lplhSession; // the name under which the suite will pass the handle later
  if (out === null) throw new Refused(NOT_EXPRESSIBLE, "there is no NULL here");
  const [code, handle] = mail.logon(
    params.lpszProfileName, params.lpszPassword, params.flFlags, params.ulReserved,
  );
  if (handle !== null) names.set(out, handle);
  return { return: code, out: { lplhSession: handle === null ? null : `0x${handle.toString(16)}` } };
}

function logoff(params) {
  return { return: mail.logoff(session(params.lhSession), params.flFlags, params.ulReserved) };
}

/** The handle that a name stands for, or a forged one: {"literal": 7} or "0x7" in it. */
function session(given) {
  if (typeof given === "object" && given !== null) return BigInt(given.literal);
  if (!names.has(given)) throw new Refused(BAD_PARAMS, `${given} was never bound`);
  return names.get(given);
}

const CALLS = {
  initialize,
  begin,
  observe,
  shutdown: () => ({}),
  "world.profile": () => ({ profile: PROFILE, password: PASSWORD }),
  MAPILogon: logon,
  MAPILogoff: logoff,
};

/** The response to one request. */
function answer(request) {
  const response = { jsonrpc: "2.0", id: request.id };
  try {
    if (!Object.hasOwn(CALLS, request.method)) {
      throw new Refused(NOT_EXPRESSIBLE, `${request.method} is not offered`);
    }
    response.result = CALLS[request.method](request.params ?? {});
  } catch (error) {
    response.error = error instanceof Refused
      ? { code: error.code, message: error.message }
      : { code: -32003, message: "the call raised", data: { type: error.name, message: error.message } };
  }
  return response;
}

/** Writes all of it at once: console.log may be late when the process ends. */
function send(text) {
  let rest = Buffer.from(`${text}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

console.log = console.error; // a stray log must not get between the answers
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === "") continue;
  const request = JSON.parse(line);
  send(JSON.stringify(answer(request)));
  if (request.method === "shutdown") break;
}
process.exit(0);
