#!/bin/sh
# The harness by itself: sh test.sh, in this directory. Ends with 0 if all is well.

harness=${1:-./harness}
failed=0

# Sends one request a line, with ids from 1 on, and prints the responses.
ask() {
    id=0
    while IFS= read -r request; do
        id=$((id + 1))
        printf '{"jsonrpc":"2.0","id":%d,%s}\n' "$id" "$request"
    done | "$harness"
}

# expect WHAT PATTERN: the responses on standard input match the pattern.
expect() {
    responses=$(cat)
    case $responses in
    $2) echo "ok: $1" ;;
    *) printf 'FAILED: %s\n%s\n' "$1" "$responses"; return 1 ;;
    esac
}

begin='"method":"begin","params":{"family":"simple"}'
observe='"method":"observe","params":{}'
logon='"method":"MAPILogon","params":{"ulUIParam":0,"lpszProfileName":"tester","lpszPassword":"secret","flFlags":0,"ulReserved":0,"lplhSession":"h1"}'
logoff='"method":"MAPILogoff","params":{"lhSession":"h1","ulUIParam":0,"flFlags":0,"ulReserved":0}'
forged='"method":"MAPILogoff","params":{"lhSession":{"literal":"0x12345"},"ulUIParam":0,"flFlags":0,"ulReserved":0}'

echo '"method":"initialize","params":{"protocol":1}' | ask |
    expect "it says what it offers" '{"jsonrpc":"2.0","id":1,"result":{"protocol":1,*"MAPILogon"*' || failed=1

printf '%s\n' "$begin" "$logon" "$observe" "$logoff" "$logoff" "$observe" | ask |
    expect "a session from logon to second logoff" \
        '*"id":2,"result":{"return":0,*"0x*"sessions":1}*"id":4,"result":{"return":0}*"id":5,"result":{"return":19}*"sessions":0}*' || failed=1

printf '%s\n' "$begin" "$forged" | ask |
    expect "a forged handle is no session" '*"id":2,"result":{"return":19}*' || failed=1

printf '%s\n' "$begin" "$logon" "$begin" "$observe" | ask |
    expect "begin starts from nothing" '*"id":4,"result":{"live":{"sessions":0}}*' || failed=1

echo '"method":"MAPIAddress","params":{}' | ask |
    expect "what is not offered is said with its code" '*"error":{"code":-32001,*' || failed=1

printf '%s\n' '"method":"shutdown","params":{}' "$observe" | ask |
    expect "it ends on shutdown" '{"jsonrpc":"2.0","id":1,"result":{}}' || failed=1

exit $failed
