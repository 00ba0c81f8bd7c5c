// The small session API in JavaScript: the same as api.py and referee.py, operation for operation.

const [OK, PARAMETER, FLAGS, MEMORY] = [0, 0x80070057, 0x80040106, 0x8007000e];
const [FAILURE, NO_MESSAGES, BAD_SESSION] = [2, 16, 19];
const [UNICODE, NO_COMMIT, NEW_SESSION] = [0x80000000, 1, 2];
const [DATA, UNKNOWN] = [1000, 0x7777];

class Part {
  constructor(fault = {}) {
    this.fault = fault;
    this.made = 0;
    this.calls = {};
  }
  token() {
    return 0x1000 + 16 * ++this.made;
  }
  count(name) {
    this.calls[name] = (this.calls[name] ?? 0) + 1;
  }
  has(kind, name, live, late = false) {
    if (this.fault.kind !== kind) return false;
    const when = this.fault.when ?? {};
    return (
      (this.calls[name] ?? 0) >= (when.nth ?? 0) &&
      live >= (when.live ?? 0) &&
      (late || !when.late)
    );
  }
  unchecked(name, flags) {
    const { kind, function: of, bit } = this.fault;
    return kind === "flag-unchecked" && of === name ? (flags & ~(1 << bit)) >>> 0 : flags;
  }
  flagCode(name, flags, right) {
    const { kind, function: of, bit, code } = this.fault;
    return kind === "flag-code" && of === name && flags & (1 << bit) ? code : right;
  }
}

export class Messages extends Part {
  sessions = new Map();
  messages = new Map();
  free = [];
  allocators = 0;
  storages = 0;
  released = [];
  leaked = 0;

  open(allocator, flags, out) {
    this.count("open");
    const live = this.sessions.size;
    if (!allocator && !this.has("null-allocator", "open", live)) return [PARAMETER, 0];
    if (!out) {
      if (this.has("null-out-leaks", "open", live)) this.leaked++;
      return [this.has("null-out-code", "open", live) ? FAILURE : PARAMETER, 0];
    }
    if ((this.unchecked("open", flags) & ~UNICODE) >>> 0) {
      if (this.has("bad-flags-leak", "open", live)) this.leaked++;
      return [this.flagCode("open", flags, FLAGS), 0];
    }
    if (this.has("capacity", "open", live)) return [MEMORY, 0];
    if (this.has("same-session", "open", live) && live) return [OK, Math.min(...this.sessions.keys())];
    const token = this.token();
    this.sessions.set(token, { messages: [], born: this.made });
    this.allocators++;
    return [OK, token];
  }

  create(session, flags) {
    this.count("create");
    let owner = this.sessions.get(session);
    const live = (owner ? owner.messages : this.free).length;
    if ((this.unchecked("create", flags) & ~(UNICODE | NO_COMMIT)) >>> 0)
      return [this.flagCode("create", flags, FLAGS), 0];
    if (this.has("message-capacity", "create", live)) return [MEMORY, 0];
    if (!owner && this.sessions.size && this.has("null-adopted", "create", live))
      owner = this.sessions.get(Math.max(...this.sessions.keys()));
    const message = { token: this.token(), data: DATA + this.calls.create, owner, refs: 1 };
    this.messages.set(message.token, message);
    (owner ? owner.messages : this.free).push(message);
    this.storages++;
    return [OK, message.token];
  }

  addref(token) {
    this.count("addref");
    const message = this.found(token);
    if (!this.has("addref-lost", "addref", message.refs)) message.refs++;
    return message.refs;
  }

  release(token) {
    this.count("release");
    const message = this.found(token);
    if (--message.refs) {
      if (this.has("callback-early", "release", this.messages.size)) this.released.push(message.data);
      return message.refs;
    }
    const siblings = message.owner ? message.owner.messages : this.free;
    this.end(message, "release", message === siblings[0] && siblings.length > 1);
    return 0;
  }

  close(token) {
    this.count("close");
    const session = this.sessions.get(token);
    if (!session) throw new Error("lost");
    this.sessions.delete(token);
    const late = [...this.sessions.values()].some((other) => other.born > session.born);
    const mine = [...session.messages];
    if (this.has("close-keeps", "close", mine.length, late) && mine.length) {
      const index = ((this.fault.index % mine.length) + mine.length) % mine.length;
      const [kept] = mine.splice(index, 1);
      kept.owner = undefined;
      this.free.push(kept);
    }
    for (const message of mine) this.end(message, "close", late);
    if (this.has("close-all", "close", this.sessions.size, late))
      for (const message of [...this.messages.values()]) this.end(message, "close", late);
    if (this.has("close-free", "close", this.free.length, late))
      for (const message of [...this.free]) this.end(message, "close", late);
    if (this.has("callback-again", "close", this.calls.release ?? 0) && this.released.length)
      this.released.push(this.released.at(-1));
    if (!this.has("allocator-leak", "close", session.messages.length + mine.length, late))
      this.allocators--;
    return 0;
  }

  found(token) {
    const message = this.messages.get(token);
    if (!message) throw new Error("lost");
    return message;
  }

  end(message, by, late) {
    this.messages.delete(message.token);
    const siblings = message.owner ? message.owner.messages : this.free;
    const at = siblings.indexOf(message);
    if (at >= 0) siblings.splice(at, 1);
    const live = siblings.length + 1;
    if (!this.has(`storage-leak-${by}`, by, live, late)) this.storages--;
    if (this.has("callback-never", "release", live, late)) return;
    const data = this.has("callback-data", "release", 0) ? message.data & 0xff : message.data;
    this.released.push(data);
    if (this.has("callback-twice", "release", live, late)) this.released.push(data);
  }

  look() {
    return [
      this.sessions.size + this.leaked,
      this.messages.size,
      this.allocators,
      this.storages,
      [...this.released],
    ];
  }
}

export class Logons extends Part {
  handles = new Map();
  dead = [];
  leaked = 0;

  logon(flags) {
    this.count("logon");
    const live = this.handles.size;
    if ((this.unchecked("logon", flags) & ~NEW_SESSION) >>> 0) {
      if (this.has("bad-logon-leaks", "logon", live)) this.leaked++;
      return [FAILURE, 0];
    }
    if (this.has("logon-capacity", "logon", live)) return [FAILURE, 0];
    if (this.has("zero-handle", "logon", live)) return [OK, 0];
    if (this.has("same-handle", "logon", live) && live) return [OK, Math.max(...this.handles.keys())];
    const handle = this.token();
    const fresh = Boolean(flags & NEW_SESSION) && !this.has("new-ignored", "logon", live);
    this.handles.set(handle, fresh || this.has("always-new", "logon", live));
    return [OK, handle];
  }

  logoff(handle, flags) {
    this.count("logoff");
    const live = this.handles.size;
    if (!this.handles.has(handle)) {
      let wrong;
      if (this.dead.includes(handle)) wrong = this.has("dead-accepted", "logoff", this.dead.length);
      else if (!handle) wrong = this.has("zero-accepted", "logoff", live);
      else wrong = this.has("unknown-accepted", "logoff", live);
      if (wrong && live && this.fault.ends) this.drop(Math.max(...this.handles.keys()));
      return wrong ? OK : BAD_SESSION;
    }
    if (this.unchecked("logoff", flags)) return this.flagCode("logoff", flags, FAILURE);
    const late = handle === Math.min(...this.handles.keys()) && live > 1;
    if (this.has("logoff-keeps", "logoff", live, late)) {
      this.leaked += Number(this.handles.get(handle));
      this.drop(handle);
    } else if (this.has("logoff-ends-all", "logoff", live, late)) {
      for (const other of [...this.handles.keys()]) this.drop(other);
    } else this.drop(handle);
    return OK;
  }

  drop(handle) {
    this.handles.delete(handle);
    this.dead.push(handle);
  }

  find(handle) {
    this.count("find");
    if (this.handles.has(handle)) return NO_MESSAGES;
    if (this.dead.includes(handle) && this.has("dead-used", "find", this.dead.length))
      return NO_MESSAGES;
    return BAD_SESSION;
  }

  look() {
    const all = [...this.handles.values()];
    return [all.filter(Boolean).length + Number(all.some((fresh) => !fresh)) + this.leaked];
  }
}

// The token that an operation speaks of; an implementation with a fault may never have given it out.
function known(tokens, index) {
  if (!(index in tokens)) throw new Error("lost");
  return tokens[index];
}

// One implementation, and the tokens that its calls gave out (see referee.py).
export class Instance {
  constructor(part, fault) {
    this.api = part === "imsg" ? new Messages(fault) : new Logons(fault);
    this.sessions = [];
    this.messages = [];
    this.handles = [];
  }
  perform([name, ...given]) {
    const { api } = this;
    if (name === "look") return api.look();
    if (name === "open") return this.given(api.open(...given), this.sessions);
    if (name === "create") {
      const session = given[0] >= 0 ? known(this.sessions, given[0]) : 0;
      return this.given(api.create(session, given[1]), this.messages);
    }
    if (name === "addref" || name === "release")
      return [api[name](known(this.messages, given[0]))];
    if (name === "close") return [api.close(known(this.sessions, given[0]))];
    if (name === "logon") return this.given(api.logon(given[0]), this.handles);
    const handle = { "-1": 0, "-2": UNKNOWN }[given[0]] ?? known(this.handles, given[0]);
    return [api[name](handle, ...given.slice(1))];
  }
  given([code, token], tokens) {
    if (!token) return [code, 0];
    const again = tokens.includes(token);
    tokens.push(token);
    return [code, again ? 2 : 1];
  }
}

// Plays operations on a correct instance and on one with a fault.
export class Referee {
  constructor(part, fault) {
    this.right = new Instance(part);
    this.tested = new Instance(part, fault);
    this.live = { session: [], message: [], handle: [] };
    this.dead = [];
    this.owner = new Map();
  }
  differs(operation) {
    const expected = this.right.perform(operation);
    let observed;
    try {
      observed = this.tested.perform(operation);
    } catch {
      return true;
    }
    this.follow(operation, expected);
    return JSON.stringify(expected) !== JSON.stringify(observed);
  }
  follow([name, subject], result) {
    const { live } = this;
    if (name === "open" && result[1]) live.session.push(this.right.sessions.length - 1);
    else if (name === "create" && result[1]) {
      const number = this.right.messages.length - 1;
      live.message.push(number);
      this.owner.set(number, subject);
    } else if (name === "release" && !result[0])
      live.message = live.message.filter((one) => one !== subject);
    else if (name === "close") {
      live.session = live.session.filter((one) => one !== subject);
      live.message = live.message.filter((one) => this.owner.get(one) !== subject);
    } else if (name === "logon" && result[1]) live.handle.push(this.right.handles.length - 1);
    else if (name === "logoff" && result[0] === OK && live.handle.includes(subject)) {
      live.handle = live.handle.filter((one) => one !== subject);
      this.dead.push(subject);
    }
  }
}
